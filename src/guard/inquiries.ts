import type { Vantage } from "./candidates.ts";
import { Inquiry, type InquiryTerms, type Verdict } from "./inquiry.ts";

/** Most inquiries that are remembered; the first that nobody waits for goes. */
const MAX_INQUIRIES = 20_000;

/** The inquiries of a guard: one for each domain, family of clients, and address of ours. */
export class Inquiries {
  readonly #terms: InquiryTerms;
  readonly #inquiries = new Map<string, Inquiry>();

  constructor(terms: InquiryTerms) {
    this.#terms = terms;
  }

  /** How many are remembered. */
  get size(): number {
    return this.#inquiries.size;
  }

  /** As {@link Inquiry.ask}. */
  ask(
    domain: string,
    vantage: Vantage,
    nowMs: number,
    told: (verdict: Verdict) => void,
  ): Verdict | undefined {
    const key = `${domain} ${vantage.family} ${vantage.own ?? ""}`;
    let inquiry = this.#inquiries.get(key);
    if (inquiry === undefined) {
      if (this.#inquiries.size >= MAX_INQUIRIES) this.#forgetOne();
      inquiry = new Inquiry(domain, vantage, this.#terms);
      this.#inquiries.set(key, inquiry);
    }
    return inquiry.ask(nowMs, told);
  }

  #forgetOne(): void {
    for (const [key, inquiry] of this.#inquiries) {
      if (inquiry.isWaitedFor) continue;
      this.#inquiries.delete(key);
      return;
    }
  }
}
