import type { Cache } from "../cache/cache.ts";
import { MAX_TIMEOUT_MS } from "../limits/deadline.ts";
import type { ExchangeResolver } from "../names/exchanges.ts";
import type { Resolver } from "../names/resolver.ts";
import type { ServerReport } from "../probe/outcome.ts";
import type { Credentials } from "../sasl/mechanism.ts";
import type { MechanismName } from "../sasl/mechanisms.ts";
import type { QuitStage } from "../smtp/attempt.ts";
import type { TlsLevel } from "../smtp/terms.ts";
import type { Family } from "../text/address.ts";
import { cannotRead } from "../text/errors.ts";
import { MAX_PORT, type Target } from "../text/target.ts";
import type { Order, Requirement } from "./verdict.ts";

/** The port of SMTP relay (RFC 5321 §4.5.4.2). */
export const SMTP_PORT = 25;
/** The port of LMTP is a matter of agreement (RFC 2033 §5); Dovecot's and Cyrus's is this. */
const LMTP_PORT = 24;
/** Message submission over TLS (RFC 8314 §7.3). */
const SMTPS_PORT = 465;
/** What smtpdcheck(1) has always spent on one server. */
const DEFAULT_TIMEOUT_MS = 10_000;
/** The same when a server is to go on past the greeting: greet delays of 6 to 20 s are normal. */
const DIALOGUE_TIMEOUT_MS = 30_000;

/** How TLS is used; every part may be left out. */
export interface TlsOptions {
  /** Default "none" through ehlo, "encrypt" for starttls, "may" for mail and rcpt, "verify" with a login. */
  readonly level?: TlsLevel;
  /** Whether TLS begins with the first octet (port 465 unless given). */
  readonly implicit?: boolean;
  /** The name to check for, and to send as SNI, instead of the server's. */
  readonly name?: string;
  /** Authorities to trust beside the system's, in PEM. */
  readonly authorities?: string;
}

/** Who logs in; the secret is shown nowhere, and used once. */
export interface AuthOptions extends Credentials {
  /** The only mechanism to use; default: the best that both know, by a password. */
  readonly mechanism?: MechanismName;
}

/** One line of a dialogue: said by this client (C) or the server (S), or about the connection (-); not clean. */
export interface TranscriptLine {
  readonly target: Target;
  readonly address: string;
  readonly who: "C" | "S" | "-";
  readonly text: string;
}

/** What is asked of {@link import("./check.ts").check}; every part may be left out. */
export interface CheckOptions {
  /** The stop hosts: servers from the first of them on do not count, nor do those of its preference. */
  readonly stop?: readonly string[];
  /** Whether this machine is a stop host too, by its interfaces' addresses and its host name. */
  readonly stopSelf?: boolean;
  /** How far a server must come to be available; default "greeting". Each stage includes those before it. */
  readonly quitAfter?: QuitStage;
  /** What to be called in EHLO; default: this machine's full name, else the literal of its address (RFC 5321 §4.1.4). */
  readonly helo?: string;
  readonly tls?: TlsOptions;
  readonly auth?: AuthOptions;
  /** The sender; default the null sender. */
  readonly from?: string;
  /** The recipient; default postmaster at the domain, or at the server. */
  readonly to?: string;
  /** LHLO (RFC 2033), port 24 unless given; servers may be `unix:/path`. */
  readonly lmtp?: boolean;
  /** Whether a PROXY protocol line (version 1) goes first. */
  readonly proxyProtocol?: boolean;
  /** Extensions that the last answer to EHLO must list, such as `SIZE` or `AUTH=PLAIN`. */
  readonly expect?: readonly string[];
  /** Whether each address of a host is a server of its own. */
  readonly everyAddress?: boolean;
  /** Called with each line that is said and heard, secrets as `***`. */
  readonly onTranscript?: (line: TranscriptLine) => void;
  /** Milliseconds a server may take for everything together; default 10,000, or 30,000 past the greeting; 0 for no limit. */
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
export function limitMs({ quitAfter = "greeting", ...options }: CheckOptions): number {
  const usualMs = quitAfter === "greeting" ? DEFAULT_TIMEOUT_MS : DIALOGUE_TIMEOUT_MS;
  const { timeoutMs = usualMs } = options;
  return timeoutMs === 0 ? Number.POSITIVE_INFINITY : timeoutMs;
}

/** The port of servers given without one. */
export function portOf({ port, lmtp, tls }: CheckOptions): number {
  return port ?? (lmtp === true ? LMTP_PORT : tls?.implicit === true ? SMTPS_PORT : SMTP_PORT);
}

/**
 * Makes sure that the numbers among the options can be used.
 * @throws {UsageError} for a port that is none, or a time that is negative, not a number, or past what a timer can run.
 */
export function validateOptions(options: CheckOptions): void {
  const { port = portOf(options), timeoutMs = DEFAULT_TIMEOUT_MS, deadlineMs = timeoutMs } = options;
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
