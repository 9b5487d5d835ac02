import type { Report } from "../../src/check/report.ts";
import type { Requirement } from "../../src/check/verdict.ts";
import { isSuccess, type ProbeOutcome, type ServerReport } from "../../src/probe/outcome.ts";
import type { AttemptOutcome } from "../../src/smtp/attempt.ts";
import type { Target } from "../../src/text/target.ts";

/** A target named as a user would: `10:mx1.example.test`, port 25 unless another is given. */
export function target(server: string, given: Partial<Target> = {}): Target {
  return { server, host: server.toLowerCase(), port: 25, preference: null, ...given };
}

/** A server that greeted from 192.0.2.1 with these lines of text. */
export function greeted(server: Target, lines: readonly string[] = ["mx.example.test ESMTP"]): ServerReport {
  return settled(server, { kind: "greeted", reply: { code: 220, lines, complete: true } });
}

/** A server with an outcome, as one attempt at 192.0.2.1 would have it: dns 1 ms, connect 2 ms, greeting 30 ms. */
export function settled(server: Target, outcome: ProbeOutcome): ServerReport {
  const nothing = { connectMs: null, greetingMs: null, cachedAtMs: null, attempts: [] };
  const unprobed = { target: server, outcome, address: null, dnsMs: 1, elapsedMs: 1, ...nothing };
  switch (outcome.kind) {
    case "skipped":
      return { ...unprobed, dnsMs: null, elapsedMs: null };
    case "bad-exchange":
      return { ...unprobed, dnsMs: null, elapsedMs: null };
    case "not-found":
    case "dns-failure":
      return unprobed;
    case "refused":
    case "unreachable":
    case "no-resources":
      return connected(unprobed, outcome, null);
    case "timed-out":
    case "reset":
    case "closed":
      return outcome.stage === "dns" || outcome.stage === "waiting"
        ? unprobed
        : connected(unprobed, outcome, outcome.stage === "connect" ? null : 30);
    default:
      return connected(unprobed, outcome, 30);
  }
}

/** A report on these servers, whose verdict follows from them. */
export function reportOn(servers: readonly ServerReport[], requirement: Requirement = "none"): Report {
  const counting = servers.filter(({ outcome }) => outcome.kind !== "skipped");
  const up = counting.filter(({ outcome }) => isSuccess(outcome));
  const open = counting.filter(({ outcome }) => outcome.kind === "no-resources");
  const verdict = up.length > 0 ? "available" : open.length > 0 ? "undetermined" : "unavailable";
  const isOneDown = counting.length === 0 || up.length + open.length < counting.length;
  const met = {
    none: verdict === "undetermined" ? null : verdict === "unavailable",
    any: verdict === "undetermined" ? null : verdict === "available",
    all: isOneDown ? false : open.length > 0 ? null : true,
  };
  const server = up[0]?.target ?? null;
  return {
    verdict,
    server,
    requirement,
    quitAfter: "greeting",
    met: met[requirement],
    elapsedMs: 33.25,
    servers,
  };
}

function connected(unprobed: ServerReport, outcome: AttemptOutcome, greetingMs: number | null): ServerReport {
  const address = "192.0.2.1";
  const timings = { connectMs: 2, greetingMs };
  const attempt = { endpoint: { address, port: unprobed.target.port }, outcome, ...timings };
  return { ...unprobed, address, ...timings, elapsedMs: 3 + (greetingMs ?? 0), attempts: [attempt] };
}
