import { domainOf } from "./recipient-domain.ts";

/** How long a sender that came back once is let in, from the last time on, in milliseconds. */
export const PASS_MS = 24 * 3_600_000;
/** How long a first time is kept: a slow sender comes again after twelve hours. */
export const WAITING_MS = 25 * 3_600_000;

/** Most keys of sendings that wait, and most passes. */
export const MAX_KEYS = 200_000;
/** Younger ones are not forgotten for want of room. */
export const KEPT_AT_LEAST_MS = 3_600_000;

/** Who sends what to whom, as far as it counts. */
export interface Sending {
  readonly group: string;
  readonly sender: string;
  readonly recipient: string;
  readonly recipientDomain: string;
}

/** What is remembered of sendings, by keys; times are milliseconds since the epoch. */
export interface Memory {
  /** Whether a pass holds; one that does is good for as long again. */
  hasPass(pass: string, nowMs: number): boolean;
  givePass(pass: string, nowMs: number): void;
  /** When a key was first met; undefined for never, or too long ago. */
  firstMs(key: string, nowMs: number): number | undefined;
  /** Meets keys for the first time; false when there is no room for them. */
  meet(keys: readonly string[], nowMs: number): boolean;
}

/** What a sender that cannot get through has come to: it is let in, and why, or when it will be (null for never). */
export type Relief =
  | { readonly kind: "let-in"; readonly why: "relented" | "passing" | "no-room" }
  | { readonly kind: "wait"; readonly untilMs: number | null };

/** The keys of a sending. The null sender (RFC 5321 §4.5.5) has no domain that others share. */
export interface SendingKeys {
  readonly pass: string;
  readonly exact: string;
  readonly ofDomain: string | undefined;
}

/** The keys by which a sending is remembered. */
export function keysOf({ group, sender, recipient, recipientDomain }: Sending): SendingKeys {
  const [from, to] = [sender.toLowerCase(), recipient.toLowerCase()];
  const domain = domainOf(from) ?? from;
  return {
    pass: `p ${group} ${domain} ${recipientDomain}`,
    exact: `s ${group} ${from} ${to}`,
    ofDomain: from === "" ? undefined : `d ${group} ${domain} ${to}`,
  };
}

/**
 * Whether a sender that keeps coming back is let in: with the same sender and recipient after `relentMs`, with the same
 * sender's domain after twice that; and once it was, with whatever it sends from there to the recipient's domain. A first
 * time in the future was written under another clock, and counts as long ago.
 */
export function relieve(sending: Sending, relentMs: number, memory: Memory, nowMs: number): Relief {
  if (relentMs === 0) return { kind: "wait", untilMs: null };
  const { pass, exact, ofDomain } = keysOf(sending);
  if (memory.hasPass(pass, nowMs)) return { kind: "let-in", why: "passing" };
  const exactMs = memory.firstMs(exact, nowMs);
  const ofDomainMs = ofDomain === undefined ? undefined : memory.firstMs(ofDomain, nowMs);
  if (isOver(exactMs, relentMs, nowMs) || isOver(ofDomainMs, 2 * relentMs, nowMs)) {
    memory.givePass(pass, nowMs);
    return { kind: "let-in", why: "relented" };
  }
  const isDomainMet = ofDomain === undefined || ofDomainMs !== undefined;
  if (exactMs === undefined || !isDomainMet) {
    const unmet = [...(exactMs === undefined ? [exact] : []), ...(isDomainMet ? [] : [ofDomain])];
    if (!memory.meet(unmet, nowMs)) return { kind: "let-in", why: "no-room" };
  }
  const untilMs = (exactMs ?? nowMs) + relentMs;
  return {
    kind: "wait",
    untilMs: ofDomain === undefined ? untilMs : Math.min(untilMs, (ofDomainMs ?? nowMs) + 2 * relentMs),
  };
}

function isOver(firstMs: number | undefined, waitMs: number, nowMs: number): boolean {
  return firstMs !== undefined && (firstMs > nowMs || nowMs - firstMs >= waitMs);
}
