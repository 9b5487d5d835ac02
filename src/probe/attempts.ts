import { onAbort } from "../limits/deadline.ts";
import type { Endpoint } from "../net/endpoint.ts";
import { type Attempt, Dialogue } from "../smtp/conversation.ts";

/** Most connections open at a time: 64 to 256 are fastest, and stay below the usual descriptor limit. */
export const MAX_CONNECTIONS = 256;

/**
 * The attempts of one run: at most so many at a time, and one an endpoint, whoever asks for it. An attempt that has
 * ended answers later askers too; one that everybody has given up is closed.
 */
export class AttemptPool {
  readonly #underWay = new Map<string, SharedAttempt>();
  readonly #settled = new Map<string, Attempt>();
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(maxConnections: number) {
    this.#free = maxConnections;
  }

  /**
   * Makes an attempt, or joins the one that is being made or was made at that endpoint. `admitted` is called when it
   * is this asker's turn, and says until when it cares: time spent waiting for a turn is our fault, not the server's.
   */
  attempt(endpoint: Endpoint, admitted: () => AbortSignal): Promise<Attempt> {
    const key = `${endpoint.address} ${endpoint.port}`;
    const earlier = this.#earlier(key, admitted);
    if (earlier !== undefined) return Promise.resolve(earlier);
    if (this.#free === 0) {
      return new Promise<void>((resolve) => this.#waiting.push(resolve)).then(() =>
        this.#make(key, endpoint, admitted),
      );
    }
    this.#free -= 1;
    return this.#make(key, endpoint, admitted);
  }

  /** Makes an attempt with the place that is held, or gives the place back if there is no need of it any more. */
  #make(key: string, endpoint: Endpoint, admitted: () => AbortSignal): Promise<Attempt> {
    const signal = admitted();
    const meanwhile = this.#earlier(key, () => signal);
    if (meanwhile === undefined && !signal.aborted) return this.#start(key, endpoint).join(signal);
    this.#release();
    return Promise.resolve(meanwhile ?? notMade(endpoint));
  }

  #earlier(key: string, admitted: () => AbortSignal): Attempt | Promise<Attempt> | undefined {
    const settled = this.#settled.get(key);
    if (settled === undefined) return this.#underWay.get(key)?.join(admitted());
    admitted();
    return settled;
  }

  #start(key: string, endpoint: Endpoint): SharedAttempt {
    const shared = new SharedAttempt(endpoint, (attempt) => {
      this.#underWay.delete(key);
      if (attempt !== undefined) this.#settled.set(key, attempt);
      this.#release();
    });
    this.#underWay.set(key, shared);
    return shared;
  }

  #release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}

/** An attempt whose time was over before its turn came. */
function notMade(endpoint: Endpoint): Attempt {
  return { endpoint, outcome: { kind: "timed-out", stage: "connect" }, connectMs: null, greetingMs: null };
}

/** One dialogue and those who wait for it; it is over once, when it settles or when the last of them has left. */
class SharedAttempt {
  readonly #dialogue: Dialogue;
  readonly #parties = new Set<(attempt: Attempt) => void>();
  readonly #onOver: (attempt: Attempt | undefined) => void;

  /** `onOver` is called once: with the attempt, or without one when it was given up. */
  constructor(endpoint: Endpoint, onOver: (attempt: Attempt | undefined) => void) {
    this.#onOver = onOver;
    this.#dialogue = new Dialogue(endpoint);
    this.#dialogue.attempt.then((attempt) => {
      if (this.#parties.size > 0) onOver(attempt);
      for (const tell of this.#parties) tell(attempt);
    });
  }

  join(signal: AbortSignal): Promise<Attempt> {
    return new Promise((resolve) => {
      let takeBack = () => {};
      const tell = (attempt: Attempt) => {
        takeBack();
        resolve(attempt);
      };
      this.#parties.add(tell);
      takeBack = onAbort(signal, () => this.#leave(tell));
    });
  }

  #leave(tell: (attempt: Attempt) => void): void {
    this.#parties.delete(tell);
    tell(this.#dialogue.timedOut());
    if (this.#parties.size > 0) return;
    this.#dialogue.cancel();
    this.#onOver(undefined);
  }
}
