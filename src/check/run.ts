import { cached } from "../cache/cached.ts";
import { deadlinesOf } from "../limits/deadline.ts";
import {
  connections,
  expectConnections,
  lookups as lookupPlaces,
  MAX_CONNECTIONS,
} from "../limits/places.ts";
import type { Resolver } from "../names/resolver.ts";
import { Attempts } from "../probe/attempts.ts";
import { Lookups } from "../probe/lookups.ts";
import { type ServerReport, unprobed } from "../probe/outcome.ts";
import type { Probe } from "../probe/probe.ts";
import { prober } from "../probe/prober.ts";
import { type CheckOptions, limitMs } from "./options.ts";
import type { Report } from "./report.ts";
import { Roster } from "./roster.ts";
import type { Listed } from "./server-list.ts";
import { type GateKeeper, passStopGate } from "./stop-gate.ts";
import { stopRuleOf } from "./stop-hosts.ts";
import type { Requirement, Verdict } from "./verdict.ts";

/** The answer by which a requirement is met. */
const MET_BY: Readonly<Record<Requirement, "available" | "unavailable">> = {
  none: "unavailable",
  any: "available",
  all: "available",
};

/**
 * One run: names → addresses → candidates → probes, side by side → verdict. A target is probed once it is known that
 * neither it nor one before it is a stop host.
 */
export function run(
  listed: readonly Listed[],
  resolver: Resolver,
  options: CheckOptions,
  signal: AbortSignal,
): Promise<Report> {
  const startedAtMs = performance.now();
  const { stop = [], stopSelf = false, order = "list", until = "decided", requirement = "none" } = options;
  const { promise, resolve, reject } = Promise.withResolvers<Report>();
  const lookups = lookupsOf(resolver, options, signal);
  const probe = probeOf(lookups, options);
  const rule = stopRuleOf(stop, stopSelf, lookups);
  const roster = new Roster(listed, rule !== undefined, (report) => {
    if (!isOver && !signal.aborted) options.onSettled?.(report);
  });
  let [isOver, isFeeding, isGatePassed, underWay, next] = [false, false, false, 0, 0];
  let doubt: Error | undefined;

  /** Starts as many as may be under way: a list of ten thousand must not be ten thousand that wait. */
  const feed = () => {
    if (isFeeding) return;
    isFeeding = true;
    while (next < roster.others && underWay < MAX_CONNECTIONS && !isOver && !signal.aborted) {
      const at = next;
      next += 1;
      if (!roster.isAnnounced(at)) start(at);
    }
    isFeeding = false;
    if (doubt !== undefined && isGatePassed && underWay === 0 && !isOver) reject(doubt);
  };

  const start = (at: number) => {
    const server = listed[at];
    if (server === undefined) return;
    underWay += 1;
    const settled = (report: ServerReport) => {
      underWay -= 1;
      try {
        roster.settle(at, report);
        advance();
      } catch (error) {
        reject(error);
      }
    };
    if (server.outcome !== undefined) settled(unprobed(server.target, server.outcome));
    else probe(server.target, signal, { settled, failed: reject });
  };

  const advance = () => {
    const isDue = !isOver && (until === "decided" || roster.isSettled);
    const answer = isDue ? roster.verdict(order, requirement) : undefined;
    if (answer === undefined) return feed();
    isOver = true;
    const verdict = requirement === "all" ? roster.verdict(order, "any") : answer;
    resolve({
      ...chosen(verdict ?? { status: "undetermined" }, listed),
      requirement,
      met: answer.status === "undetermined" ? null : answer.status === MET_BY[requirement],
      servers: roster.reports,
      elapsedMs: performance.now() - startedAtMs,
    });
  };

  expectConnections(listed.length);
  if (rule === undefined) {
    advance();
    return promise;
  }
  const keeper: GateKeeper = {
    identify: roster.identify.bind(roster),
    doubt(why) {
      doubt ??= why;
    },
    advance,
  };
  passStopGate(listed, rule, lookups, keeper)
    .then(() => {
      isGatePassed = true;
      advance();
    })
    .catch(reject);
  return promise;
}

function chosen(verdict: Verdict, listed: readonly Listed[]): Pick<Report, "verdict" | "server"> {
  const server = verdict.status === "available" ? (listed[verdict.at]?.target ?? null) : null;
  return { verdict: verdict.status, server };
}

/** The stop rule compares all addresses, so it wants both families looked up whatever is connected by. */
function lookupsOf(resolver: Resolver, options: CheckOptions, signal: AbortSignal): Lookups {
  const { stop = [], stopSelf = false } = options;
  return new Lookups({
    resolver,
    families: stopSelf || stop.length > 0 || options.family === undefined ? [6, 4] : [options.family],
    timeoutMs: limitMs(options),
    deadlines: deadlinesOf(signal),
    places: lookupPlaces,
  });
}

function probeOf(lookups: Lookups, options: CheckOptions): Probe {
  const terms = { family: options.family, timeoutMs: limitMs(options) };
  const probe = prober({ ...terms, lookups, attempts: new Attempts(connections) });
  return options.cache === undefined ? probe : cached(options.cache, terms, probe);
}
