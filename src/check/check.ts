import { ask } from "./ask.ts";
import type { CheckOptions } from "./options.ts";
import type { Report } from "./report.ts";

/**
 * Tells whether one of these mail servers is available, and which: all are probed at the same time, and the answer is
 * the first in list order, as if they had been probed one by one.
 * @throws {UsageError} when a server, domain, stop host or option cannot be read, or there is no server.
 * @throws {StopHostError} when a stop host cannot be looked up.
 * @throws {MxLookupError} when the exchangers of a domain cannot be looked up.
 */
export function check(servers: string | readonly string[], options: CheckOptions = {}): Promise<Report> {
  return ask(servers, options, () => import("./further.ts"));
}
