import { standing } from "./candidates.ts";
import { availabilityOf, type ServerReport } from "./outcome.ts";
import type { Target } from "./target.ts";
import { judge, type Known, type Order, possibleStops, type Verdict } from "./verdict.ts";

/** What is known so far of every target of a run, and which of them have been announced. */
export class Roster {
  readonly #targets: readonly Target[];
  readonly #known: Known[];
  readonly #reports: (ServerReport | undefined)[];
  readonly #announced = new Set<number>();
  readonly #announce: (report: ServerReport) => void;
  readonly #hasStopRule: boolean;
  #arrivals = 0;

  constructor(targets: readonly Target[], hasStopRule: boolean, announce: (report: ServerReport) => void) {
    const identity = hasStopRule ? "unknown" : "other";
    this.#targets = targets;
    this.#known = targets.map(({ preference }) => ({
      preference,
      identity,
      availability: "unknown",
      arrival: 0,
    }));
    this.#reports = new Array(targets.length);
    this.#hasStopRule = hasStopRule;
    this.#announce = announce;
  }

  /** Whether every target has been announced: with its outcome, or as one that does not count. */
  get isSettled(): boolean {
    return this.#announced.size === this.#targets.length;
  }

  /** The reports there are, in list order. */
  get reports(): readonly ServerReport[] {
    return this.#reports.filter((report) => report !== undefined);
  }

  /** Whether it is certain that a target does not count, or it has been settled. */
  isAnnounced(at: number): boolean {
    return this.#announced.has(at);
  }

  identify(at: number, identity: "stop" | "other"): void {
    this.#update(at, { identity });
    this.#announceCertain();
  }

  settle(at: number, report: ServerReport): void {
    if (this.isAnnounced(at)) return;
    const availability = availabilityOf(report.outcome);
    this.#reports[at] = report;
    this.#arrivals += 1;
    if (availability !== "skipped") this.#update(at, { availability, arrival: this.#arrivals });
    if (this.#hasStopRule) this.#announceCertain();
    else this.#announceOnce(at, report);
  }

  verdict(order: Order): Verdict | undefined {
    return judge(this.#known, order);
  }

  #update(at: number, news: Partial<Known>): void {
    const known = this.#known[at];
    if (known !== undefined) this.#known[at] = { ...known, ...news };
  }

  #announceCertain(): void {
    const [stopAt = 0, ...others] = possibleStops(this.#known);
    for (const [at, target] of this.#targets.entries()) {
      const why = standing(this.#known, stopAt, at);
      if (this.#announced.has(at) || others.some((other) => standing(this.#known, other, at) !== why))
        continue;
      const report = why === "counts" ? this.#reports[at] : skipped(target, why);
      if (report !== undefined) this.#announceOnce(at, report);
    }
  }

  #announceOnce(at: number, report: ServerReport): void {
    this.#reports[at] = report;
    this.#announced.add(at);
    this.#announce(report);
  }
}

function skipped(target: Target, why: "stop-host" | "same-preference" | "after-stop"): ServerReport {
  const nothing = { address: null, dnsMs: null, connectMs: null, greetingMs: null, attempts: [] };
  return { target, outcome: { kind: "skipped", why }, ...nothing };
}
