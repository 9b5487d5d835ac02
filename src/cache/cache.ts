import { deadline } from "../limits/abort.ts";
import { MAX_CONNECTIONS, Places } from "../limits/places.ts";
import { type Answer, type Asked, TIMED_OUT } from "./answer.ts";
import type { KeepTimes } from "./freshness.ts";
import { type Ground, Inquiry } from "./inquiry.ts";
import { OptionalStore, type Warn } from "./optional-store.ts";
import type { CacheStore } from "./store.ts";

/** How long an available server's outcome is kept. */
const DEFAULT_UP_MS = 30_000;
/** How long the outcome of a server that is not available is kept. */
const DEFAULT_DOWN_MS = 120_000;

/** How a {@link Cache} is used; what is available is kept for 30 seconds and what is not for 120, unless said otherwise. */
export interface CacheSettings extends Partial<KeepTimes> {
  /** Told once, in one line, when the cache cannot be used or was damaged. */
  readonly warn: Warn;
  /** Most questions that are probed at a time: no more than may be connecting at once, for waiting counts as probing. */
  readonly maxProbes?: number;
  /** Milliseconds since 1970; `Date.now` unless given. */
  readonly now?: () => number;
}

/**
 * Answers from what is kept, or probes and keeps. Of many processes that ask the same at once one probes and the
 * others wait for its answer. A store that fails is not used again, and then every question is probed: a cache never
 * changes an answer, and never fails.
 */
export class Cache {
  readonly #store: OptionalStore;
  readonly #ground: Ground;
  readonly #asked = new Map<string, { readonly answer: Promise<Answer>; readonly signal: AbortSignal }>();

  /** The store is opened by the first question; it may warn of what does not keep it from working. */
  constructor(open: (warn: Warn) => Promise<CacheStore>, settings: CacheSettings) {
    const { upMs = DEFAULT_UP_MS, downMs = DEFAULT_DOWN_MS, maxProbes = MAX_CONNECTIONS } = settings;
    this.#store = new OptionalStore(open, settings.warn);
    this.#ground = {
      store: this.#store,
      places: new Places(maxProbes),
      times: { upMs, downMs },
      now: settings.now ?? Date.now,
    };
  }

  /** Answers a question. Those who ask the same at the same time share one answer. Rejects only if the probe does. */
  async answer(asked: Asked): Promise<Answer> {
    const { question, limitMs, signal } = asked;
    const key = [question.host, question.port, question.family, question.manner, limitMs].join(" ");
    for (;;) {
      const other = this.#asked.get(key);
      if (other === undefined) break;
      const answer = await untilAborted(other.answer, signal);
      if (signal.aborted || !other.signal.aborted) return answer;
    }
    const answer = new Inquiry(asked, this.#ground).answer().finally(() => this.#asked.delete(key));
    answer.catch(() => {});
    this.#asked.set(key, { answer, signal });
    return untilAborted(answer, signal);
  }

  /** Lets go of the store. */
  close(): Promise<void> {
    return this.#store.close();
  }
}

function untilAborted(answer: Promise<Answer>, signal: AbortSignal): Promise<Answer> {
  return deadline(answer, signal).catch((error) => {
    if (!signal.aborted) throw error;
    return TIMED_OUT;
  });
}
