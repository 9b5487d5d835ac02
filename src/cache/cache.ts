import { deadline, onAbort } from "../limits/abort.ts";
import { MAX_CONNECTIONS, Places } from "../limits/places.ts";
import { type Answer, type Asked, CANNOT_TELL, probed, recalled, TIMED_OUT } from "./answer.ts";
import { isUsable, type KeepTimes, keepMs } from "./freshness.ts";
import { Lease, leaseMsFor } from "./lease.ts";
import { OptionalStore, type Warn } from "./optional-store.ts";
import { Patience } from "./patience.ts";
import type { CacheStore, Kept } from "./store.ts";

/** How long an available server's outcome is kept. */
const DEFAULT_UP_MS = 30_000;
/** How long the outcome of a server that is not available is kept. */
const DEFAULT_DOWN_MS = 120_000;

/** The pause before an asker looks again for the answer of another, at first and at most. */
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 100;

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
  readonly #times: KeepTimes;
  readonly #now: () => number;
  readonly #places: Places;
  readonly #store: OptionalStore;
  readonly #asked = new Map<string, { readonly answer: Promise<Answer>; readonly signal: AbortSignal }>();

  /** The store is opened by the first question; it may warn of what does not keep it from working. */
  constructor(open: (warn: Warn) => Promise<CacheStore>, settings: CacheSettings) {
    const { upMs = DEFAULT_UP_MS, downMs = DEFAULT_DOWN_MS, maxProbes = MAX_CONNECTIONS } = settings;
    this.#times = { upMs, downMs };
    this.#now = settings.now ?? Date.now;
    this.#places = new Places(maxProbes);
    this.#store = new OptionalStore(open, settings.warn);
  }

  /** Answers a question. Those who ask the same at the same time share one answer. Rejects only if the probe does. */
  async answer(asked: Asked): Promise<Answer> {
    const { question, limitMs, signal } = asked;
    const key = [question.host, question.port, question.family, limitMs].join(" ");
    for (;;) {
      const other = this.#asked.get(key);
      if (other === undefined) break;
      const answer = await untilAborted(other.answer, signal);
      if (signal.aborted || !other.signal.aborted) return answer;
    }
    const answer = this.#ask(asked).finally(() => this.#asked.delete(key));
    answer.catch(() => {});
    this.#asked.set(key, { answer, signal });
    return untilAborted(answer, signal);
  }

  /** Lets go of the store. */
  close(): Promise<void> {
    return this.#store.close();
  }

  async #ask(asked: Asked): Promise<Answer> {
    const patience = new Patience(asked.limitMs);
    let kept = await this.#find(asked);
    for (let pauseMs = FIRST_PAUSE_MS; kept === null; pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS)) {
      const answer = await this.#takeTurn(asked, patience);
      if (answer !== "wait") return answer;
      await pause(Math.min(pauseMs * (0.75 + Math.random() / 2), patience.leftMs), asked.signal);
      kept = await this.#find(asked);
    }
    return kept === undefined ? probed(asked) : recalled(kept);
  }

  /** Probes, if it is our turn; else tells what came of waiting so far. */
  async #takeTurn(asked: Asked, patience: Patience): Promise<Answer | "wait"> {
    await new Promise<void>((admitted) => this.#places.enter(admitted));
    try {
      return await this.#claimOrWait(asked, patience);
    } finally {
      this.#places.leave();
    }
  }

  async #claimOrWait(asked: Asked, patience: Patience): Promise<Answer | "wait"> {
    if (asked.signal.aborted) return TIMED_OUT;
    const { question, limitMs, signal } = asked;
    const owner = crypto.randomUUID();
    const leaseMs = leaseMsFor(limitMs);
    const claim = () => this.#store.use((store) => store.claim(question, owner, leaseMs));

    const holder = await claim();
    if (holder === undefined) return probed(asked);
    if (holder !== owner) {
      const advice = patience.sees(holder);
      switch (advice) {
        case "wait":
          return advice;
        case "probe-anyway":
          return probed(asked);
        case "too-slow":
          return TIMED_OUT;
        case "cannot-tell":
          return CANNOT_TELL;
      }
    }
    await using _lease = new Lease({
      leaseMs,
      renew: async () => (await claim()) === owner,
      release: () => this.#store.use((store) => store.release(question, owner)),
      signal,
    });
    const kept = await this.#find(asked);
    if (kept) return recalled(kept);
    const underMs = asked.limitMs;
    const answer = await probed(asked);
    await this.#keep(asked, answer, underMs);
    return answer;
  }

  /** What is kept and good enough; null for nothing, undefined without a store to look into. */
  #find({ question, limitMs }: Asked): Promise<Kept | null | undefined> {
    return this.#store.use(async (store) => {
      const kept = await store.get(question);
      return kept !== null && isUsable(kept, limitMs, this.#times, this.#now()) ? kept : null;
    });
  }

  async #keep({ question, signal }: Asked, { outcome, address }: Answer, underMs: number): Promise<void> {
    const forMs = keepMs(outcome, this.#times);
    if (signal.aborted || forMs <= 0 || underMs <= 0) return;
    const checkedAtMs = this.#now();
    const expiresAtMs = checkedAtMs + forMs;
    const limitMs = Number.isFinite(underMs) ? underMs : null;
    const kept: Kept = { question, outcome, address, checkedAtMs, expiresAtMs, limitMs };
    await this.#store.use((store) => store.put(kept));
  }
}

function untilAborted(answer: Promise<Answer>, signal: AbortSignal): Promise<Answer> {
  return deadline(answer, signal).catch((error) => {
    if (!signal.aborted) throw error;
    return TIMED_OUT;
  });
}

/** Waits for some milliseconds, but not beyond the signal. */
function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, durationMs);
  const takeBack = onAbort(signal, resolve);
  return promise.finally(() => {
    clearTimeout(timer);
    takeBack();
  });
}
