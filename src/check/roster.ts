import { availabilityOf, type ServerReport, unprobed } from "../probe/outcome.ts";
import type { Target } from "../text/target.ts";
import { certainStanding } from "./stop-rule.ts";
import { judge, type Known, type Order, possibleStops, type Requirement, type Verdict } from "./verdict.ts";

/** What judging reads and a roster writes. */
type Noted = { -readonly [Field in keyof Known]: Known[Field] };

/** What is known so far of every target of a run, and which of them have been announced. */
export class Roster {
  readonly #listed: readonly { readonly target: Target }[];
  readonly #known: Noted[] = [];
  readonly #reports: (ServerReport | undefined)[];
  readonly #announced = new Set<number>();
  readonly #announce: (report: ServerReport) => void;
  readonly #hasStopRule: boolean;
  #arrivals = 0;

  constructor(
    listed: readonly { readonly target: Target }[],
    hasStopRule: boolean,
    announce: (report: ServerReport) => void,
  ) {
    const identity = hasStopRule ? "unknown" : "other";
    this.#listed = listed;
    this.#reports = new Array(listed.length);
    for (const { target } of listed) {
      this.#known.push({ preference: target.preference, identity, availability: "unknown", arrival: 0 });
    }
    this.#hasStopRule = hasStopRule;
    this.#announce = announce;
  }

  /** Whether every target has been announced: with its outcome, or as one that does not count. */
  get isSettled(): boolean {
    return this.#announced.size === this.#listed.length;
  }

  /** The reports there are, in list order. */
  get reports(): readonly ServerReport[] {
    const reports: ServerReport[] = [];
    for (const report of this.#reports) if (report !== undefined) reports.push(report);
    return reports;
  }

  /** Whether it is certain that a target does not count, or it has been settled. */
  isAnnounced(at: number): boolean {
    return this.#announced.has(at);
  }

  identify(at: number, identity: "stop" | "other"): void {
    const known = this.#known[at];
    if (known !== undefined) known.identity = identity;
    this.#announceCertain();
  }

  settle(at: number, report: ServerReport): void {
    if (this.isAnnounced(at)) return;
    const availability = availabilityOf(report.outcome);
    this.#reports[at] = report;
    this.#arrivals += 1;
    const known = this.#known[at];
    if (known === undefined) return;
    known.availability = availability;
    known.arrival = this.#arrivals;
    if (this.#hasStopRule) this.#announceCertain();
    else this.#announceOnce(at, report);
  }

  verdict(order: Order, requirement: Requirement): Verdict | undefined {
    return judge(this.#known, order, requirement);
  }

  #announceCertain(): void {
    const standingOf = certainStanding(this.#known, possibleStops(this.#known));
    for (const [at, { target }] of this.#listed.entries()) {
      const why = this.#announced.has(at) ? undefined : standingOf(at);
      if (why === undefined) continue;
      const report = why === "counts" ? this.#reports[at] : unprobed(target, { kind: "skipped", why });
      if (report !== undefined) this.#announceOnce(at, report);
    }
  }

  #announceOnce(at: number, report: ServerReport): void {
    this.#reports[at] = report;
    this.#announced.add(at);
    this.#announce(report);
  }
}
