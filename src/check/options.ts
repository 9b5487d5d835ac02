import type { Cache } from "../cache/cache.ts";
import { MAX_TIMEOUT_MS } from "../limits/deadline.ts";
import type { ExchangeResolver } from "../names/exchanges.ts";
import type { Resolver } from "../names/resolver.ts";
import type { ServerReport } from "../probe/outcome.ts";
import type { Family } from "../text/address.ts";
import { cannotRead } from "../text/errors.ts";
import { MAX_PORT } from "../text/target.ts";
import type { Order, Requirement } from "./verdict.ts";

/** The port of SMTP relay (RFC 5321 §4.5.4.2). */
export const SMTP_PORT = 25;
/** What smtpdcheck(1) has always spent on one server. */
export const DEFAULT_TIMEOUT_MS = 10_000;

/** What is asked of {@link import("./check.ts").check}; every part may be left out. */
export interface CheckOptions {
  /** The stop hosts: servers from the first of them on do not count, nor do those of its preference. */
  readonly stop?: readonly string[];
  /** Whether this machine is a stop host too, by its interfaces' addresses and its host name. */
  readonly stopSelf?: boolean;
  /** Milliseconds a server may take for lookup, connect and greeting together; default 10,000, 0 for no limit. */
  readonly timeoutMs?: number;
  /** Milliseconds for everything together, exchangers' lookup too; what is open then is out of time. Default: 0, no limit. */
  readonly deadlineMs?: number;
  /** Whether the list is put in order of preference, equal ones as they stand and those without one last; default false. */
  readonly sort?: boolean;
  /** The port of servers given without one; default 25. */
  readonly port?: number;
  /** Connect by this address family only. */
  readonly family?: Family;
  /** Which available server is the answer: the first of the list (the default), or the first to answer. */
  readonly order?: Order;
  /** When to end: as soon as the verdict cannot change (the default), or when every server that counts is settled. */
  readonly until?: "decided" | "settled";
  /** Ends the check from outside: it then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Mail domains whose exchangers (MX records, RFC 5321 §5.1) go in front of the servers named. */
  readonly mx?: readonly string[];
  /** Name servers asked instead of the system's, for exchangers and addresses alike: `192.0.2.53`, `[2001:db8::53]:5353`. */
  readonly dns?: readonly string[];
  /** Looks names up instead of any name server. */
  readonly resolver?: Resolver | (Resolver & ExchangeResolver);
  /** Answers from what was learnt before, and keeps what is learnt now. */
  readonly cache?: Cache;
  /** What the report's `met` tells of, and what may end the check early; default "none". */
  readonly requirement?: Requirement;
  /** Called once with how many servers there are, before the first is settled. */
  readonly onListed?: (count: number) => void;
  /** Called with each server as soon as it is settled and certain to count, or certain not to. */
  readonly onSettled?: (report: ServerReport) => void;
}

/** The limit of one server in milliseconds, infinite for none. */
export function limitMs({ timeoutMs = DEFAULT_TIMEOUT_MS }: CheckOptions): number {
  return timeoutMs === 0 ? Number.POSITIVE_INFINITY : timeoutMs;
}

/**
 * Makes sure that the numbers among the options can be used.
 * @throws {UsageError} for a port that is none, or a time that is negative, not a number, or past what a timer can run.
 */
export function validateOptions(options: CheckOptions): void {
  const { port = SMTP_PORT, timeoutMs = DEFAULT_TIMEOUT_MS, deadlineMs = timeoutMs } = options;
  if (!Number.isInteger(port) || port < 1 || port > MAX_PORT)
    throw cannotRead(`${port}`, "a port", `1 to ${MAX_PORT}`);
  for (const [durationMs, as] of [
    [timeoutMs, "a timeout"],
    [deadlineMs, "a deadline"],
  ] as const) {
    if (durationMs >= 0 && durationMs <= MAX_TIMEOUT_MS) continue;
    throw cannotRead(`${durationMs}`, as, `milliseconds from 0 to ${MAX_TIMEOUT_MS}, such as 2500`);
  }
}
