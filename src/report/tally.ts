import { type ServerReport, type Status, statusOf } from "../probe/outcome.ts";

/** How many servers there are of each status. */
export function tally(servers: readonly ServerReport[]): Readonly<Record<Status, number>> {
  const counts = { available: 0, unavailable: 0, undetermined: 0, skipped: 0 };
  for (const { outcome } of servers) counts[statusOf(outcome)] += 1;
  return counts;
}
