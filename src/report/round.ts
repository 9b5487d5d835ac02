import type { Round } from "../check/rounds.ts";
import type { Requirement } from "../check/verdict.ts";
import { type ServerReport, statusOf } from "../probe/outcome.ts";
import { cleanText } from "../text/clean-text.ts";
import { explain } from "./explain.ts";

/** What is still waited for, in one clean line: the failed lookup, or the servers that are not as required. */
export function describeRound(round: Round): string {
  if (round instanceof Error) return cleanText(round.message);
  const spoiling = round.servers.filter(({ outcome }) => {
    const status = statusOf(outcome);
    return status === SPOILS[round.requirement] || status === "undetermined";
  });
  if (spoiling.length === 0) return "no server counts";
  return cleanText(spoiling.map(describeServer).join("; "));
}

const SPOILS: Readonly<Record<Requirement, "available" | "unavailable">> = {
  none: "available",
  any: "unavailable",
  all: "unavailable",
};

function describeServer(server: ServerReport): string {
  return `${server.target.server}: ${explain(server)}`;
}
