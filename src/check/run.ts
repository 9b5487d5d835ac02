import { cached } from "../cache/cached.ts";
import { connectionLimit } from "../limits/descriptors.ts";
import type { Resolver } from "../names/system.ts";
import { MAX_CONNECTIONS } from "../probe/attempts.ts";
import { type Availability, type ServerReport, unprobed } from "../probe/outcome.ts";
import { Prober } from "../probe/prober.ts";
import type { Target } from "../text/target.ts";
import { type CheckOptions, limitMs } from "./options.ts";
import { Roster } from "./roster.ts";
import type { Listed } from "./server-list.ts";
import { givenStopHosts, type StopRule, thisMachine, union } from "./stop-hosts.ts";
import type { Requirement } from "./verdict.ts";

/** The answer by which a requirement is met. */
const MET_BY: Readonly<Record<Requirement, Availability>> = {
  none: "unavailable",
  any: "available",
  all: "available",
};

/** From so many targets on, the descriptor limit is asked for before anything is opened. */
const MANY_TARGETS = 24;

/** A verdict with its evidence. */
export interface Report {
  /**
   * Whether one of the servers that count is available, whatever was required; undetermined too when a check that
   * requires all of them ended before that was known.
   */
  readonly verdict: Availability;
  /** The server to use, when one is available. */
  readonly server: Target | null;
  readonly requirement: Requirement;
  /** Whether the requirement is met; null when that cannot be told because of this machine. */
  readonly met: boolean | null;
  /** The servers settled by the time of the verdict, in list order. */
  readonly servers: readonly ServerReport[];
  readonly elapsedMs: number;
}

/** One run: names → addresses → candidates → probes, side by side → verdict. */
export class Run {
  readonly #startedAtMs = performance.now();
  readonly #listed: readonly Listed[];
  readonly #options: CheckOptions;
  readonly #signal: AbortSignal;
  readonly #prober: Prober;
  readonly #probe: (target: Target) => Promise<ServerReport>;
  readonly #stop: StopRule | undefined;
  readonly #roster: Roster;
  readonly #end = Promise.withResolvers<Report>();
  #isOver = false;

  constructor(listed: readonly Listed[], resolver: Resolver, options: CheckOptions, signal: AbortSignal) {
    this.#listed = listed;
    this.#options = options;
    this.#signal = signal;
    const { stop = [], stopSelf = false } = options;
    this.#prober = new Prober({
      timeoutMs: limitMs(options),
      family: options.family,
      lookUpBoth: stopSelf || stop.length > 0,
      maxConnections: listed.length < MANY_TARGETS ? MAX_CONNECTIONS : connectionLimit(MAX_CONNECTIONS),
      resolver,
      signal,
    });
    const probe = (target: Target) => this.#prober.probe(target);
    const terms = { family: options.family, timeoutMs: limitMs(options), signal };
    this.#probe = options.cache === undefined ? probe : cached(options.cache, terms, probe);
    this.#stop = this.#stopRule(stop, stopSelf);
    this.#roster = new Roster(listed, this.#stop !== undefined, (report) => {
      if (!this.#isOver && !signal.aborted) options.onSettled?.(report);
    });
  }

  report(): Promise<Report> {
    const { promise, reject } = this.#end;
    if (this.#stop !== undefined) this.#examine(this.#stop).catch(reject);
    else this.#settleAll();
    return promise;
  }

  /** Without stop hosts, all are probed at once, in lanes: a list of ten thousand must not be ten thousand promises. */
  #settleAll(): void {
    const waiting = this.#listed.entries();
    const lane = async () => {
      for (const [at, server] of waiting) await this.#settle(at, server);
    };
    const lanes = Math.min(MAX_CONNECTIONS, this.#listed.length);
    for (let started = 0; started < lanes; started += 1) lane().catch(this.#end.reject);
  }

  #stopRule(stop: readonly string[], stopSelf: boolean): StopRule | undefined {
    const lookUp = (host: string) => this.#prober.lookUp(host);
    const rules = [
      ...(stop.length > 0 ? [givenStopHosts(stop, lookUp)] : []),
      ...(stopSelf ? [thisMachine(lookUp)] : []),
    ];
    const [first, ...others] = rules;
    return first === undefined ? undefined : union([first, ...others]);
  }

  /** A target is probed once it is known that neither it nor one before it is a stop host; all names are looked up at once. */
  async #examine({ names, addresses }: StopRule): Promise<void> {
    const namedAt = this.#listed.findIndex(({ target }) => names.has(target.host));
    if (namedAt !== -1) this.#roster.identify(namedAt, "stop");
    const candidates = namedAt === -1 ? this.#listed : this.#listed.slice(0, namedAt);

    let areOthers = addresses.then(() => true);
    areOthers.catch(this.#end.reject);
    for (const [at, server] of candidates.entries()) {
      const isOther = this.#identify(at, server, addresses);
      areOthers = Promise.all([areOthers, isOther]).then((all) => all.every(Boolean));
      areOthers.then((areAll) => (areAll ? this.#settle(at, server) : undefined)).catch(this.#end.reject);
    }
    if (candidates.length > 0) return;
    await addresses;
    this.#advance();
  }

  async #identify(at: number, server: Listed, stopAddresses: StopRule["addresses"]): Promise<boolean> {
    const addresses = await this.#addressesOf(server);
    const stop = await stopAddresses;
    const isOther = !addresses.some((address) => stop.has(address));
    this.#roster.identify(at, isOther ? "other" : "stop");
    this.#advance();
    return isOther;
  }

  async #addressesOf({ target, known }: Listed): Promise<readonly string[]> {
    if (known !== undefined) return [];
    const lookup = await this.#prober.lookUp(target.host);
    return lookup.kind === "found" ? lookup.addresses : [];
  }

  async #settle(at: number, { target, known }: Listed): Promise<void> {
    if (this.#signal.aborted || this.#roster.isAnnounced(at)) return;
    this.#roster.settle(at, known === undefined ? await this.#probe(target) : unprobed(target, known));
    this.#advance();
  }

  #advance(): void {
    const { order = "list", until = "decided", requirement = "none" } = this.#options;
    if (this.#isOver || (until === "settled" && !this.#roster.isSettled)) return;
    const answer = this.#roster.verdict(order, requirement);
    if (answer === undefined) return;
    this.#isOver = true;
    const isOneUp = requirement === "all" ? this.#roster.verdict(order, "any") : answer;
    const verdict = isOneUp ?? { availability: "undetermined" };
    this.#end.resolve({
      verdict: verdict.availability,
      server: verdict.availability === "available" ? (this.#listed[verdict.at]?.target ?? null) : null,
      requirement,
      met: answer.availability === "undetermined" ? null : answer.availability === MET_BY[requirement],
      servers: this.#roster.reports,
      elapsedMs: performance.now() - this.#startedAtMs,
    });
  }
}
