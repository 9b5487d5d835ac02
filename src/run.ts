import { familyOf } from "./address.ts";
import { MAX_CONNECTIONS } from "./attempt-pool.ts";
import { type CheckOptions, DEFAULT_TIMEOUT_MS } from "./check-options.ts";
import { systemResolver } from "./dns.ts";
import { connectionLimit } from "./net/descriptor-limit.ts";
import type { ServerReport } from "./outcome.ts";
import { Prober } from "./prober.ts";
import { Roster } from "./roster.ts";
import { givenStopHosts, type StopRule, thisMachine, union } from "./stop-hosts.ts";
import type { Target } from "./target.ts";
import type { Availability } from "./verdict.ts";

/** From so many targets on, the descriptor limit is asked for before anything is opened. */
const MANY_TARGETS = 24;

/** A verdict with its evidence. */
export interface Report {
  readonly verdict: Availability;
  /** The server to use, when one is available. */
  readonly server: Target | null;
  /** The servers settled by the time of the verdict, in list order. */
  readonly servers: readonly ServerReport[];
  readonly elapsedMs: number;
}

/** One run: names → addresses → candidates → probes, side by side → verdict. */
export class Run {
  readonly #startedAtMs = performance.now();
  readonly #targets: readonly Target[];
  readonly #options: CheckOptions;
  readonly #signal: AbortSignal;
  readonly #prober: Prober;
  readonly #stop: StopRule | undefined;
  readonly #roster: Roster;
  readonly #end = Promise.withResolvers<Report>();
  #isStopKnown: boolean;
  #isOver = false;

  constructor(targets: readonly Target[], options: CheckOptions, signal: AbortSignal) {
    this.#targets = targets;
    this.#options = options;
    this.#signal = signal;
    const {
      stop = [],
      stopSelf = false,
      timeoutMs = DEFAULT_TIMEOUT_MS,
      resolver = systemResolver,
    } = options;
    this.#prober = new Prober({
      timeoutMs: timeoutMs === 0 ? Number.POSITIVE_INFINITY : timeoutMs,
      family: options.family,
      lookUpBoth: stopSelf || stop.length > 0,
      maxConnections: targets.length < MANY_TARGETS ? MAX_CONNECTIONS : connectionLimit(MAX_CONNECTIONS),
      resolver,
      signal,
    });
    this.#stop = this.#stopRule(stop, stopSelf);
    this.#isStopKnown = this.#stop === undefined;
    this.#roster = new Roster(targets, this.#stop !== undefined, (report) => {
      if (!this.#isOver && !signal.aborted) options.onSettled?.(report);
    });
  }

  report(): Promise<Report> {
    const { promise, reject } = this.#end;
    if (this.#stop !== undefined) this.#examine(this.#stop).catch(reject);
    else this.#settleAll().catch(reject);
    return promise;
  }

  /** Without stop hosts, all are probed at once, in lanes: a list of ten thousand must not be ten thousand promises. */
  async #settleAll(): Promise<void> {
    const waiting = this.#targets.entries();
    const lane = async () => {
      for (const [at, target] of waiting) await this.#settle(at, target);
    };
    await Promise.all(Array.from({ length: Math.min(MAX_CONNECTIONS, this.#targets.length) }, lane));
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
    const namedAt = this.#targets.findIndex(({ host }) => names.has(host));
    if (namedAt !== -1) this.#roster.identify(namedAt, "stop");
    const candidates = namedAt === -1 ? this.#targets : this.#targets.slice(0, namedAt);

    let areOthers = addresses.then(() => true);
    areOthers.catch(this.#end.reject);
    for (const [at, target] of candidates.entries()) {
      const isOther = this.#identify(at, target.host, addresses);
      areOthers = Promise.all([areOthers, isOther]).then((all) => all.every(Boolean));
      areOthers.then((areAll) => (areAll ? this.#settle(at, target) : undefined)).catch(this.#end.reject);
    }
    await addresses;
    this.#isStopKnown = true;
    this.#advance();
  }

  async #identify(at: number, host: string, stopAddresses: StopRule["addresses"]): Promise<boolean> {
    const lookup = familyOf(host) === undefined ? await this.#prober.lookUp(host) : undefined;
    const addresses = lookup === undefined ? [host] : lookup.kind === "found" ? lookup.addresses : [];
    const stop = await stopAddresses;
    const isOther = !addresses.some((address) => stop.has(address));
    this.#roster.identify(at, isOther ? "other" : "stop");
    this.#advance();
    return isOther;
  }

  async #settle(at: number, target: Target): Promise<void> {
    if (this.#signal.aborted || this.#roster.isAnnounced(at)) return;
    this.#roster.settle(at, await this.#prober.probe(target));
    this.#advance();
  }

  #advance(): void {
    const { order = "list", until = "decided" } = this.#options;
    if (this.#isOver || !this.#isStopKnown || (until === "settled" && !this.#roster.isSettled)) return;
    const verdict = this.#roster.verdict(order);
    if (verdict === undefined) return;
    this.#isOver = true;
    this.#end.resolve({
      verdict: verdict.availability,
      server: verdict.availability === "available" ? (this.#targets[verdict.at] ?? null) : null,
      servers: this.#roster.reports,
      elapsedMs: performance.now() - this.#startedAtMs,
    });
  }
}
