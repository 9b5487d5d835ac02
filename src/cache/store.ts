import type { ProbeOutcome } from "../probe/outcome.ts";
import type { Family } from "../text/address.ts";
import { ToldError } from "../text/errors.ts";

/** What is asked of a cache: of a target everything that its outcome depends on. An answer saves lookup and connection. */
export interface Question {
  /** Canonical, as in a target. */
  readonly host: string;
  readonly port: number;
  /** The only family to connect by; null for both. */
  readonly family: Family | null;
  /** How far it was asked to go, and by what ways, in printable words; left out for the greeting alone. */
  readonly manner?: string;
}

/** One outcome, kept. Times are milliseconds since 1970 (`Date.now`). */
export interface Kept {
  readonly question: Question;
  readonly outcome: ProbeOutcome;
  /** The address that answered or failed. */
  readonly address: string | null;
  readonly checkedAtMs: number;
  readonly expiresAtMs: number;
  /** The time limit, in milliseconds, under which the outcome was obtained; null for none. */
  readonly limitMs: number | null;
}

/** Which kept outcomes are meant: those of a host, on one port or (null) on any. */
export interface KeptFilter {
  readonly host: string;
  readonly port: number | null;
}

/** The longest lease that is believed, in milliseconds: one that seems longer was written before the clock was set back. */
export const MAX_LEASE_MS = 10_000;

/**
 * Where outcomes are kept, shared by many processes or machines. It judges nothing: what is fresh enough for whom is
 * the business of the cache over it. Every method rejects with a {@link CacheError} when it fails, and with nothing else.
 */
export interface CacheStore {
  /** What is kept for a question and has not expired; null for nothing. */
  get(question: Question): Promise<Kept | null>;
  /** Keeps an outcome in place of what was kept for its question. */
  put(kept: Kept): Promise<void>;
  /**
   * Takes the lease of a question for some milliseconds (at most {@link MAX_LEASE_MS}) or, for its holder, renews it.
   * Atomic. Resolves to whoever holds it now: the owner given, when the claim succeeded. An owner may say behind a
   * slash how far it is (`NAME/greeting`), and is known by what stands in front of it.
   */
  claim(question: Question, owner: string, leaseMs: number): Promise<string>;
  /** Gives a lease back, if it is still this owner's. */
  release(question: Question, owner: string): Promise<void>;
  /** Everything kept that has not expired. */
  list(): Promise<readonly Kept[]>;
  /** Forgets what any of the filters means, or everything when there are none; resolves to how many outcomes that were. */
  clear(filters: readonly KeptFilter[]): Promise<number>;
  /**
   * Whether it is worth its while, when one question has cost so many milliseconds so far.
   * @throws {CacheError} when it is not.
   */
  mustPay(spentMs: number): void;
  /** Lets go of file or connection; never fails. */
  close(): void;
}

/** Who an owner of a lease is, however far. */
export function nameOfOwner(owner: string): string {
  return owner.split("/", 1).join("");
}

/** A cache that cannot be used; the message is one line and holds no password. */
export class CacheError extends ToldError {
  override readonly name = "CacheError";
}
