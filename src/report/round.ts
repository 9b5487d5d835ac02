import type { Round } from "../check/rounds.ts";
import type { Requirement } from "../check/verdict.ts";
import { statusOf } from "../probe/outcome.ts";
import { cleanText } from "../text/clean-text.ts";
import { explain } from "./explain.ts";
import { renderTarget } from "./render-target.ts";

/**
 * What is still waited for, in one clean line: the failed lookup, or the servers that are not as required, with their
 * ports unless they are the usual one.
 */
export function describeRound(round: Round, usualPort?: number): string {
  if (round instanceof Error) return cleanText(round.message);
  const spoiling = round.servers.filter(({ outcome }) => {
    const status = statusOf(outcome);
    return status === SPOILS[round.requirement] || status === "undetermined";
  });
  if (spoiling.length === 0) return "no server counts";
  return spoiling.map((server) => `${renderTarget(server.target, usualPort)}: ${explain(server)}`).join("; ");
}

const SPOILS: Readonly<Record<Requirement, "available" | "unavailable">> = {
  none: "available",
  any: "unavailable",
  all: "unavailable",
};
