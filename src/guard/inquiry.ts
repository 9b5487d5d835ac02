import {
  type Candidate,
  candidatesOf,
  type MeetingTerms,
  type NoCandidates,
  type Vantage,
} from "./candidates.ts";
import type { Exchanger, ExchangerList } from "./exchanger-list.ts";
import type { ExchangerLists } from "./exchanger-lists.ts";
import type { Watch } from "./watch.ts";
import type { Watches } from "./watches.ts";

/** When there is no verdict about an exchanger for so long, the next one is asked too. */
const NEXT_MS = 300;
/** Nobody has asked for so long: the next is a first question again. */
const FORGOTTEN_MS = 70_000;

/** Why a recipient is let in, whoever is up. */
export type OpenReason = NoCandidates | "none-up" | "no-verdict" | "lookup-failed" | "too-many-new";

/** What came of asking for a domain: who is up before us for this client, or why it is let in. */
export type Verdict =
  | { readonly kind: "up"; readonly server: string }
  | { readonly kind: "open"; readonly reason: OpenReason };

/** What inquiries have in common. */
export interface InquiryTerms extends MeetingTerms {
  readonly lists: ExchangerLists;
  readonly watches: Watches;
  /** How long a first question may wait, in milliseconds. */
  readonly answerWithinMs: number;
}

/**
 * What is asked again and again of one domain, by clients of one family that are connected to one address of ours.
 * Whoever asks first waits for an answer; those who ask when that has lasted too long do not.
 */
export class Inquiry {
  readonly #domain: string;
  readonly #vantage: Vantage;
  readonly #terms: InquiryTerms;
  /** Both only while somebody waits: of thousands of inquiries hardly one is waited for. */
  #listening: Map<Watch, () => void> | undefined;
  #waiting: Set<(verdict: Verdict) => void> | undefined;
  #list: ExchangerList | undefined;
  #generation = 0;
  #candidates: readonly Candidate[] | OpenReason = [];
  #beganAtMs: number | undefined;
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;

  constructor(domain: string, vantage: Vantage, terms: InquiryTerms) {
    this.#domain = domain;
    this.#vantage = vantage;
    this.#terms = terms;
  }

  /** Whether somebody waits for it. */
  get isWaitedFor(): boolean {
    return this.#waiting !== undefined;
  }

  /** The verdict from memory; undefined when it will be told later, which it will be. */
  ask(nowMs: number, told: (verdict: Verdict) => void): Verdict | undefined {
    if (nowMs - this.#askedAtMs > FORGOTTEN_MS) this.#beganAtMs = undefined;
    this.#askedAtMs = nowMs;
    const verdict = this.#judge(nowMs);
    if (verdict !== undefined) return verdict;
    this.#beganAtMs ??= nowMs;
    if (nowMs - this.#beganAtMs >= this.#terms.answerWithinMs) return { kind: "open", reason: "no-verdict" };
    this.#waiting ??= new Set();
    this.#waiting.add(told);
    this.#wake(nowMs);
    return undefined;
  }

  /** Looks again: somebody has something to say, or the time is over. */
  readonly #look = (): void => {
    if (this.#waiting === undefined) return;
    const nowMs = performance.now();
    const isLate = nowMs - (this.#beganAtMs ?? nowMs) >= this.#terms.answerWithinMs;
    const verdict = this.#judge(nowMs) ?? (isLate ? { kind: "open", reason: "no-verdict" } : undefined);
    if (verdict === undefined) this.#wake(nowMs);
    else this.#tell(verdict);
  };

  #tell(verdict: Verdict): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const stop of this.#listening?.values() ?? []) stop();
    this.#listening = undefined;
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const told of waiting) told(verdict);
  }

  /** Looks again when the next exchanger's turn comes or the time is over, whichever is first. */
  #wake(nowMs: number): void {
    clearTimeout(this.#timer);
    const leftMs = (this.#beganAtMs ?? nowMs) + this.#terms.answerWithinMs - nowMs;
    this.#timer = setTimeout(this.#look, Math.max(1, Math.ceil(Math.min(leftMs, NEXT_MS))));
  }

  #judge(nowMs: number): Verdict | undefined {
    const list = this.#terms.lists.of(this.#domain, nowMs, this.#look);
    if (list === undefined) return undefined;
    if (list.kind === "failed") return { kind: "open", reason: "lookup-failed" };
    const { generation } = this.#terms.self;
    if (list !== this.#list || generation !== this.#generation) {
      this.#list = list;
      this.#generation = generation;
      this.#candidates = this.#candidatesOf(list.exchangers);
    }
    const verdict = this.#judgeCandidates(nowMs);
    if (verdict !== undefined) this.#beganAtMs = undefined;
    return verdict;
  }

  /** Whether we are listed cannot be told where an exchanger cannot be looked up. */
  #candidatesOf(exchangers: readonly Exchanger[]): readonly Candidate[] | OpenReason {
    const candidates = candidatesOf(exchangers, this.#vantage, this.#terms);
    const isNobody = candidates === "not-listed" || candidates === "nothing-to-probe";
    const isUncertain = isNobody && exchangers.some(({ failed }) => failed.length > 0);
    return isUncertain ? "lookup-failed" : candidates;
  }

  /** From the best on; undefined where one that may be up has yet to answer. */
  #judgeCandidates(nowMs: number): Verdict | undefined {
    if (typeof this.#candidates === "string") return { kind: "open", reason: this.#candidates };
    let isOpen = false;
    let reason: OpenReason = "none-up";
    for (const { server, endpoint } of this.#candidates) {
      const watch = this.#terms.watches.of(endpoint, nowMs);
      if (watch === undefined) {
        reason = "too-many-new";
        continue;
      }
      const standing = watch.ask(this.#domain, nowMs);
      if (standing === "up") return { kind: "up", server };
      if (standing === "not-up") continue;
      isOpen = true;
      this.#listening ??= new Map();
      if (!this.#listening.has(watch)) this.#listening.set(watch, watch.listen(this.#look));
      if (watch.waitedMs(nowMs) < NEXT_MS) break;
    }
    return isOpen ? undefined : { kind: "open", reason };
  }
}
