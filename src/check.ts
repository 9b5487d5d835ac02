import { type CheckOptions, SMTP_PORT, validateOptions } from "./check-options.ts";
import { deadline } from "./deadline.ts";
import { type Report, Run } from "./run.ts";
import { parseTargets } from "./target.ts";
import { UsageError } from "./usage-error.ts";

/**
 * Tells whether one of these mail servers is available, and which: all are probed at the same time, and the answer is
 * the first in list order, as if they had been probed one by one.
 * @throws {UsageError} when a server or stop host cannot be read, or there is no server.
 * @throws {StopHostError} when a stop host cannot be looked up.
 */
export async function check(
  servers: string | readonly string[],
  options: CheckOptions = {},
): Promise<Report> {
  validateOptions(options);
  const targets = [servers].flat().flatMap((argument) => parseTargets(argument, options.port ?? SMTP_PORT));
  if (targets.length === 0)
    throw new UsageError("No server given: want at least one, such as 10:mx1.example.org");
  const over = new AbortController();
  const signal = options.signal === undefined ? over.signal : AbortSignal.any([options.signal, over.signal]);
  try {
    return await deadline(new Run(targets, options, signal).report(), signal);
  } finally {
    over.abort();
  }
}
