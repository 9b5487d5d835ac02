import { type Availability, availabilityOf, type ServerReport } from "../probe/outcome.ts";

/** What a report says of one server. */
export type Status = Availability | "skipped";

/** How many servers there are of each status. */
export function tally(servers: readonly ServerReport[]): Readonly<Record<Status, number>> {
  const counts = { available: 0, unavailable: 0, undetermined: 0, skipped: 0 };
  for (const { outcome } of servers) counts[availabilityOf(outcome)] += 1;
  return counts;
}
