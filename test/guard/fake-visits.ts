import type { Patience } from "../../src/guard/slowness.ts";
import type { VisitEndpoint, Visitor } from "../../src/guard/watch.ts";

/** One probe that was asked for. */
export interface FakeVisit {
  readonly address: string;
  readonly atMs: number;
  readonly patience: Patience;
  readonly mailDomain: string | undefined;
  readonly visitor: Visitor;
  isCancelled: boolean;
}

/** What a probe comes to, for a script of them; "silent" never ends by itself. */
export type Manner = "greets" | "fails" | "busy" | "unknown" | "silent" | "takes-none";

/** Probes that a test answers, or that answer by themselves as the test says. */
export class FakeVisits {
  readonly visits: FakeVisit[] = [];
  /** What each address does; one that is left out is silent. */
  readonly manners = new Map<string, Manner>();
  readonly #tookMs: number;

  /** How long a probe takes that answers by itself. */
  constructor(tookMs = 10) {
    this.#tookMs = tookMs;
  }

  /** How many probes are under way. */
  get open(): number {
    return this.visits.filter((visit) => !visit.isCancelled && !this.#ended.has(visit)).length;
  }

  readonly #ended = new Set<FakeVisit>();

  readonly visit: VisitEndpoint = ({ address }, patience, mailDomain, visitor) => {
    const over = () => {
      this.#ended.add(visit);
      visitor.over();
    };
    const visit: FakeVisit = {
      address,
      atMs: performance.now(),
      patience,
      mailDomain,
      visitor: { ...visitor, over },
      isCancelled: false,
    };
    this.visits.push(visit);
    setTimeout(() => this.#answer(visit), this.#tookMs);
    return {
      cancel() {
        visit.isCancelled = true;
      },
    };
  };

  #answer({ address, visitor, mailDomain, isCancelled }: FakeVisit): void {
    const manner = this.manners.get(address) ?? "silent";
    if (isCancelled || manner === "silent") return;
    if (manner === "greets" || manner === "takes-none") {
      visitor.found({ kind: "greeted", connectMs: 1, firstLineMs: 5 });
      if (mailDomain !== undefined)
        visitor.foundMail(manner === "greets" ? "takes-mail" : "takes-none", "452 full", 3);
    } else if (manner === "busy") {
      visitor.found({ kind: "busy", reply: { code: 421, lines: ["4.7.0 too many"], complete: true } });
    } else visitor.found(manner === "fails" ? { kind: "failed", why: "refused" } : { kind: "unknown" });
    visitor.over();
  }
}
