import type { Family } from "./address.ts";
import { MAX_TIMEOUT_MS } from "./deadline.ts";
import type { Resolver } from "./dns.ts";
import type { ServerReport } from "./outcome.ts";
import { parsePort } from "./target.ts";
import { cannotRead } from "./usage-error.ts";
import type { Order } from "./verdict.ts";

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
  /** Looks names up instead of the system's name servers. */
  readonly resolver?: Resolver;
  /** Called with each server as soon as it is settled and certain to count, or certain not to. */
  readonly onSettled?: (report: ServerReport) => void;
}

/**
 * Makes sure that the numbers among the options can be used.
 * @throws {UsageError} for a port that is none, or a time that is negative, not a number, or past what a timer can run.
 */
export function validateOptions({ port = SMTP_PORT, timeoutMs = DEFAULT_TIMEOUT_MS }: CheckOptions): void {
  parsePort(`${port}`);
  if (timeoutMs >= 0 && timeoutMs <= MAX_TIMEOUT_MS) return;
  throw cannotRead(`${timeoutMs}`, "a timeout", `milliseconds from 0 to ${MAX_TIMEOUT_MS}, such as 2500`);
}
