import { jest } from "bun:test";
import type { Asked, Probed } from "../../src/cache/answer.ts";
import { Cache, type CacheSettings } from "../../src/cache/cache.ts";
import type { CacheStore, Kept, Question } from "../../src/cache/store.ts";
import type { ProbeOutcome } from "../../src/probe/outcome.ts";

/** The question most tests ask. */
export const question: Question = { host: "mx1.example.test", port: 25, family: null };

/** One outcome of every kind that is kept. */
export const keptOutcomes: readonly ProbeOutcome[] = [
  { kind: "greeted", reply: { code: 220, lines: ["mx1.example.test ESMTP", "more"], complete: true } },
  {
    kind: "declined",
    stage: "greeting",
    reply: { code: 554, lines: ["no \u001b[31m\u202e, \u{1f4a9}, \ud800"], complete: false },
  },
  { kind: "not-smtp", stage: "greeting", text: "HTTP/1.1 400 Bad Request" },
  { kind: "closed", stage: "greeting" },
  { kind: "reset", stage: "greeting" },
  { kind: "timed-out", stage: "dns" },
  { kind: "refused" },
  { kind: "unreachable", cause: "EHOSTUNREACH" },
  { kind: "not-found" },
  { kind: "dns-failure", cause: "ESERVFAIL" },
];

/** A refused connection, kept just now for a minute. */
export function kept(news: Partial<Kept> = {}): Kept {
  const checkedAtMs = news.checkedAtMs ?? Date.now();
  return {
    question,
    outcome: { kind: "refused" },
    address: "192.0.2.1",
    checkedAtMs,
    expiresAtMs: checkedAtMs + 60_000,
    limitMs: 10_000,
    ...news,
  };
}

/** What a probe came to. */
export function probed(outcome: ProbeOutcome = { kind: "refused" }): Probed {
  const endpoint = { address: "192.0.2.1", port: 25 };
  const attempts = outcome.kind === "refused" ? [{ endpoint, outcome, connectMs: 1, greetingMs: null }] : [];
  return { outcome, address: "192.0.2.1", dnsMs: 2, connectMs: 1, greetingMs: null, elapsedMs: 3, attempts };
}

/** Asks with a limit of ten seconds, and probes to a refusal. */
export function asked(news: Partial<Asked> = {}): Asked {
  return {
    question,
    limitMs: 10_000,
    signal: new AbortController().signal,
    probe: () => Promise.resolve(probed()),
    ...news,
  };
}

/** A cache over a store, with what it warned of. */
export function cacheOver(store: CacheStore, settings: Partial<CacheSettings> = {}) {
  const warnings: string[] = [];
  const cache = new Cache(() => Promise.resolve(store), {
    warn: (message) => void warnings.push(message),
    ...settings,
  });
  return { cache, warnings };
}

/** A probe that counts its calls and settles when told to. */
export function heldProbe() {
  const { promise, resolve } = Promise.withResolvers<Probed>();
  const held = {
    calls: 0,
    settle: resolve,
    probe: () => {
      held.calls += 1;
      return promise;
    },
  };
  return held;
}

/** Lets time pass under fake timers, a few milliseconds at a step, and everything that it sets off happen. */
export async function pass(durationMs: number): Promise<void> {
  for (let at = 0; at < durationMs; at += 5) {
    jest.advanceTimersByTime(5);
    await settleAll();
  }
}

/** Lets everything happen that waits for no timer. */
export async function settleAll(): Promise<void> {
  for (let turns = 0; turns < 50; turns += 1) await Promise.resolve();
}
