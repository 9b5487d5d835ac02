import { expectConnections, MAX_CONNECTIONS } from "../limits/places.ts";
import type { Resolver } from "../names/resolver.ts";
import { type ServerReport, unprobed } from "../probe/outcome.ts";
import { HeadStart } from "./head-start.ts";
import type { Listed } from "./listed.ts";
import { lookupsOf, probeOf } from "./means.ts";
import type { CheckOptions } from "./options.ts";
import type { Report } from "./report.ts";
import { Roster } from "./roster.ts";
import { type GateKeeper, passStopGate } from "./stop-gate.ts";
import { stopRuleOf } from "./stop-hosts.ts";
import { GREETINGS, type Talks } from "./talks.ts";
import type { Requirement, Verdict } from "./verdict.ts";

/** How long those are waited for that may be to blame too, when it is certain that not every server is available. */
const OTHERS_TO_BLAME_MS = 100;

/** The answer by which a requirement is met. */
const MET_BY: Readonly<Record<Requirement, "available" | "unavailable">> = {
  none: "unavailable",
  any: "available",
  all: "available",
};

/**
 * One run: names → addresses → candidates → probes, side by side → verdict. A target is probed once it is known that
 * neither it nor one before it is a stop host; where the verdict ends the run, the first has a head start.
 */
export function run(
  listed: readonly Listed[],
  resolver: Resolver,
  options: CheckOptions,
  signal: AbortSignal,
  talks: Talks = GREETINGS,
): Promise<Report> {
  const startedAtMs = performance.now();
  const { stop = [], stopSelf = false, order = "list", until = "decided", requirement = "none" } = options;
  const { promise, resolve, reject } = Promise.withResolvers<Report>();
  const lookups = lookupsOf(resolver, options, signal);
  const probe = probeOf(lookups, options, talks);
  const rule = stopRuleOf(stop, stopSelf, lookups);
  const isStopWanted =
    rule?.missing !== undefined && listed.some(({ outcome }) => outcome?.kind !== "skipped");
  const roster = new Roster(listed, rule !== undefined, (report) => {
    if (!isOver && !signal.aborted) options.onSettled?.(report);
  });
  let [isOver, isFeeding, isGatePassed, isStopFound, underWay, next] = [false, false, false, false, 0, 0];
  let doubt: Error | undefined;
  let verdict: Verdict | undefined;
  let lastCall: Timer | undefined;

  /** Starts as many as may be under way: a list of ten thousand must not be ten thousand that wait. */
  const feed = () => {
    if (isFeeding) return;
    isFeeding = true;
    while (
      next < roster.others &&
      underWay < MAX_CONNECTIONS &&
      !isOver &&
      !headStart?.isOn &&
      !signal.aborted
    ) {
      const at = next;
      next += 1;
      if (!roster.isAnnounced(at)) start(at);
    }
    isFeeding = false;
    if (isGatePassed && underWay === 0 && !isOver && doubt !== undefined) reject(doubt);
  };
  const isEndedByFirst =
    until === "decided" && order === "list" && requirement !== "all" && listed.length > 1;
  const headStart = isEndedByFirst ? new HeadStart(feed) : undefined;

  const start = (at: number) => {
    const server = listed[at];
    if (server === undefined) return;
    underWay += 1;
    const settled = (report: ServerReport) => {
      underWay -= 1;
      headStart?.end();
      try {
        roster.settle(at, report);
        advance();
      } catch (error) {
        reject(error);
      }
    };
    if (server.outcome !== undefined) {
      settled(unprobed(server.target, server.outcome));
      return;
    }
    headStart?.begin();
    probe(server.target, signal, { settled, failed: reject });
  };

  const advance = () => {
    if (isOver) return;
    const isDue = (until === "decided" || roster.isSettled) && (!isStopWanted || isStopFound);
    verdict ??= isDue ? roster.verdict(order, requirement) : undefined;
    if (verdict === undefined) return feed();
    const mayOthersBeToBlame = requirement === "all" && verdict.status === "unavailable" && underWay > 0;
    if (!mayOthersBeToBlame || signal.aborted) end(verdict);
    else lastCall ??= setTimeout(end, OTHERS_TO_BLAME_MS, verdict);
  };

  const end = (answer: Verdict) => {
    isOver = true;
    headStart?.end();
    clearTimeout(lastCall);
    const choice = requirement === "all" ? roster.verdict(order, "any") : answer;
    resolve({
      ...chosen(choice ?? { status: "undetermined" }, listed),
      requirement,
      quitAfter: options.quitAfter ?? "greeting",
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
    identify(at, identity) {
      isStopFound ||= identity === "stop";
      roster.identify(at, identity);
    },
    doubt(why) {
      doubt ??= why;
    },
    advance,
  };
  passStopGate(listed, rule, lookups, keeper)
    .then(() => {
      isGatePassed = true;
      if (isStopWanted && !isStopFound) throw doubt ?? rule.missing;
      advance();
    })
    .catch(reject);
  return promise;
}

function chosen(verdict: Verdict, listed: readonly Listed[]): Pick<Report, "verdict" | "server"> {
  const server = verdict.status === "available" ? (listed[verdict.at]?.target ?? null) : null;
  return { verdict: verdict.status, server };
}
