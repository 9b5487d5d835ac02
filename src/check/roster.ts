import { type ServerReport, statusOf, unprobed } from "../probe/outcome.ts";
import type { Target } from "../text/target.ts";
import { type Standing, StopPlaces } from "./stop-places.ts";
import { Ballot, type Order, type Requirement, type Verdict } from "./verdict.ts";

/** A target with what is known of it so far. */
interface Candidate {
  readonly target: Target;
  /** Whether it counts, once that is certain. */
  standing?: Standing;
  /** What came of it, or that it does not count. */
  report?: ServerReport;
  isAnnounced: boolean;
}

/** What is known so far of every target of a run, and which of them have been announced. */
export class Roster {
  readonly #candidates: readonly Candidate[];
  readonly #announce: (report: ServerReport) => void;
  readonly #stops: StopPlaces;
  readonly #ballot: Ballot;
  #announcedCount = 0;

  constructor(
    listed: readonly { readonly target: Target }[],
    hasStopRule: boolean,
    announce: (report: ServerReport) => void,
  ) {
    this.#candidates = listed.map(({ target }) => ({ target, isAnnounced: false }));
    this.#announce = announce;
    const preferences = listed.map(({ target }) => target.preference);
    this.#stops = new StopPlaces(preferences, hasStopRule, (at, standing) => this.#stand(at, standing));
    this.#ballot = new Ballot(preferences, this.#stops);
    this.#stops.identify();
  }

  /** Whether every target has been announced: with its outcome, or as one that does not count. */
  get isSettled(): boolean {
    return this.#announcedCount === this.#candidates.length;
  }

  /** The reports there are, in list order. */
  get reports(): readonly ServerReport[] {
    const reports: ServerReport[] = [];
    for (const { report } of this.#candidates) if (report !== undefined) reports.push(report);
    return reports;
  }

  /** Whether it is certain that a target does not count, or it has been settled. */
  isAnnounced(at: number): boolean {
    return this.#candidates[at]?.isAnnounced === true;
  }

  /** How many targets there are in front of the first of which it is not known that it is no stop host. */
  get others(): number {
    return this.#stops.nearest;
  }

  identify(at: number, identity: "stop" | "other"): void {
    this.#stops.identify(at, identity);
  }

  settle(at: number, report: ServerReport): void {
    const candidate = this.#candidates[at];
    if (candidate === undefined || candidate.isAnnounced) return;
    candidate.report = report;
    this.#ballot.note(at, statusOf(report.outcome));
    if (candidate.standing === "counts") this.#announceOnce(candidate, report);
  }

  verdict(order: Order, requirement: Requirement): Verdict | undefined {
    return this.#ballot.verdict(order, requirement);
  }

  #stand(at: number, standing: Standing): void {
    const candidate = this.#candidates[at];
    if (candidate === undefined) return;
    candidate.standing = standing;
    const { report, target } = candidate;
    if (standing !== "counts")
      this.#announceOnce(candidate, unprobed(target, { kind: "skipped", why: standing }));
    else if (report !== undefined) this.#announceOnce(candidate, report);
  }

  #announceOnce(candidate: Candidate, report: ServerReport): void {
    if (candidate.isAnnounced) return;
    candidate.report = report;
    candidate.isAnnounced = true;
    this.#announcedCount += 1;
    this.#announce(report);
  }
}
