import { pause } from "../limits/abort.ts";
import { deadlinesOf } from "../limits/deadline.ts";
import type { Places } from "../limits/places.ts";
import { isSuccess } from "../probe/outcome.ts";
import type { Stage } from "../smtp/attempt.ts";
import {
  type Answer,
  type Asked,
  CANNOT_TELL,
  probed,
  recalled,
  TIMED_OUT,
  timedOutBehind,
} from "./answer.ts";
import { isUsable, type KeepTimes, keepMs } from "./freshness.ts";
import { Lease, leaseMsFor } from "./lease.ts";
import { Costs, type OptionalStore } from "./optional-store.ts";
import { Patience } from "./patience.ts";
import { type Kept, nameOfOwner } from "./store.ts";

/** The pause before an asker looks again for the answer of another, at first and at most. */
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 100;

/** Of one's own limit: with less left a server is not asked any more. */
const LEAST_SHARE = 1 / 4;

/** What all questions to one cache have in common. */
export interface Ground {
  readonly store: OptionalStore;
  /** One for each question that is probed. */
  readonly places: Places;
  readonly times: KeepTimes;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** One question on its way: it is known already, or somebody else is waited for, or it is our turn to probe and keep. */
export class Inquiry {
  readonly #asked: Asked;
  readonly #ground: Ground;
  readonly #patience: Patience;
  /** Of the last look and what followed from it; the looks before were in time that was to be waited anyhow. */
  #costs = new Costs();
  /** How far our own probe is, for those who wait for it. */
  #stage: Stage | undefined;

  constructor(asked: Asked, ground: Ground) {
    this.#asked = asked;
    this.#ground = ground;
    this.#patience = new Patience(asked.limitMs);
  }

  /** To be called once. Rejects only if the probe does. */
  async answer(): Promise<Answer> {
    let kept = await this.#find();
    for (let pauseMs = FIRST_PAUSE_MS; kept === null; pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS)) {
      const answer = await this.#takeTurn();
      if (answer !== "wait") return answer;
      const durationMs = pauseMs * (0.75 + Math.random() / 2);
      await pause(Math.min(durationMs, this.#patience.leftMs), this.#asked.signal);
      this.#costs = new Costs();
      kept = await this.#find();
    }
    return kept === undefined ? probed(this.#asked, this.#reached) : recalled(kept);
  }

  /** Probes, if it is our turn; else tells what came of waiting so far. */
  async #takeTurn(): Promise<Answer | "wait"> {
    const { places } = this.#ground;
    await new Promise<void>((admitted) => places.enter(admitted));
    try {
      return await this.#claimOrWait();
    } finally {
      places.leave();
    }
  }

  async #claimOrWait(): Promise<Answer | "wait"> {
    const { question, limitMs, signal } = this.#asked;
    if (signal.aborted) return TIMED_OUT;
    const { store } = this.#ground;
    const owner = crypto.randomUUID();
    const leaseMs = leaseMsFor(limitMs);
    const claim = (costs?: Costs) => {
      const told = this.#stage === undefined ? owner : `${owner}/${this.#stage}`;
      return store.use((open) => open.claim(question, told, leaseMs), costs);
    };

    const holder = await claim(this.#costs);
    if (holder === undefined) return this.#probe();
    if (nameOfOwner(holder) !== owner) return this.#heed(holder);
    await using _lease = new Lease({
      leaseMs,
      renew: async () => nameOfOwner((await claim()) ?? "") === owner,
      release: () => store.use((open) => open.release(question, owner), this.#costs),
      signal,
    });
    const kept = await this.#find();
    return kept ? recalled(kept) : await this.#probe();
  }

  /**
   * Probes and keeps. Time spent waiting for others counts, so that an answer comes within one's own limit; a time-out
   * that is learnt in what is left says nothing of that limit, and hardly any left is not worth a connection.
   */
  async #probe(): Promise<Answer> {
    const { limitMs, signal } = this.#asked;
    if (!this.#patience.hasWaited || limitMs === Number.POSITIVE_INFINITY) {
      const answer = await probed(this.#asked, this.#reached);
      await this.#keep(answer, limitMs);
      return answer;
    }
    const leftMs = Math.min(limitMs, this.#patience.leftMs);
    if (leftMs < limitMs * LEAST_SHARE) return CANNOT_TELL;
    const answer = await probed(
      { ...this.#asked, signal: deadlinesOf(signal).after(leftMs).signal },
      this.#reached,
    );
    await this.#keep(answer, leftMs);
    return answer.outcome.kind === "timed-out" ? CANNOT_TELL : answer;
  }

  readonly #reached = (stage: Stage) => {
    this.#stage = stage;
  };

  #heed(holder: string): Answer | "wait" | Promise<Answer> {
    const advice = this.#patience.sees(nameOfOwner(holder));
    switch (advice) {
      case "wait":
        return advice;
      case "probe-anyway":
        return this.#probe();
      case "too-slow":
        return timedOutBehind(holder);
      case "cannot-tell":
        return CANNOT_TELL;
    }
  }

  /** What is kept and good enough; null for nothing, undefined without a store to look into. */
  #find(): Promise<Kept | null | undefined> {
    const { question, limitMs } = this.#asked;
    const { store, times, now } = this.#ground;
    return store.use(async (open) => {
      const kept = await open.get(question);
      return kept !== null && isUsable(kept, limitMs, times, now()) ? kept : null;
    }, this.#costs);
  }

  async #keep({ outcome, address }: Answer, underMs: number): Promise<void> {
    const { question, earlier = [], signal } = this.#asked;
    const { store, times, now } = this.#ground;
    const forMs = keepMs(outcome, times);
    if (signal.aborted || forMs <= 0 || underMs <= 0) return;
    const checkedAtMs = now();
    const expiresAtMs = checkedAtMs + forMs;
    const limitMs = Number.isFinite(underMs) ? underMs : null;
    const kept: Kept = { question, outcome, address, checkedAtMs, expiresAtMs, limitMs };
    const all = isSuccess(outcome) ? [question, ...earlier] : [question];
    for (const each of all) await store.use((open) => open.put({ ...kept, question: each }), this.#costs);
  }
}
