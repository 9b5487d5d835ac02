import fc from "fast-check";
import type { Report } from "../../src/check/report.ts";
import type { ProbeOutcome, ServerReport } from "../../src/probe/outcome.ts";
import { reportOn, settled } from "./samples.ts";

/** What breaks lines, terminals, JSON and monitors, and what has another width than one. */
const HAZARDS = [
  "\n",
  "\r\n",
  "\0",
  "\x1b[31m",
  "\x1b]0;owned\x07",
  "\x7f",
  "\x9b",
  "\u2028",
  "\u202e",
  "\ud800",
  "\udc00",
  "|",
  "\\n",
  "\\",
  "'",
  '"',
  "=",
  ";",
  " ",
  "漢字",
  "ﾊﾟ",
  "👩‍👩‍👧",
  "🇩🇪",
  "e\u0301",
  "\u0301",
  "שלום",
  "é",
];

/** Servers as given, and as they are looked up. */
const HOSTS = [
  ["MX1.example.test", "mx1.example.test"],
  ["2001:db8::1", "2001:db8::1"],
  ["[fe80::1%eth0]", "fe80::1%eth0"],
  ["mx.漢字.test", "mx.xn--p8s937b.test"],
] as const;

/** Text as a hostile server, or a careless library user, would write it. */
export const hostileText: fc.Arbitrary<string> = fc
  .array(fc.oneof(fc.constantFrom(...HAZARDS), fc.string({ unit: "binary" }), codeUnit()), { maxLength: 8 })
  .map((parts) => parts.join(""));

/** Any report whose verdict follows from its servers, full of hostile text. */
export const fullReport: fc.Arbitrary<Report> = fc
  .record({
    servers: fc.array(server(), { maxLength: 5 }),
    requirement: fc.constantFrom("none", "any", "all"),
    elapsedMs: duration(),
  })
  .map(({ servers, requirement, elapsedMs }) => ({ ...reportOn(servers, requirement), elapsedMs }));

function server(): fc.Arbitrary<ServerReport> {
  return fc
    .record({
      named: fc.oneof(
        fc.constantFrom(...HOSTS),
        fc.tuple(hostileText.filter(Boolean), fc.constant("mx.test")),
      ),
      port: fc.oneof(fc.constant(25), fc.integer({ min: 1, max: 65_535 })),
      preference: fc.option(fc.integer({ min: 0, max: 65_535 })),
      outcome: outcome(),
      dnsMs: fc.option(duration()),
      elapsedMs: fc.option(duration()),
      cachedAtMs: fc.option(duration()),
    })
    .map(({ named: [server, host], port, preference, outcome, cachedAtMs, ...timings }) => {
      const target = { server, host, port, preference };
      if (outcome.kind === "skipped" || outcome.kind === "bad-exchange") return settled(target, outcome);
      const report = { ...settled(target, outcome), ...timings, cachedAtMs };
      return cachedAtMs === null ? report : { ...report, attempts: [] };
    });
}

function outcome(): fc.Arbitrary<ProbeOutcome> {
  const lines = fc.array(hostileText, { maxLength: 3 });
  const declined = fc.integer({ min: 200, max: 599 }).filter((code) => code !== 220);
  return fc.oneof(
    lines.map((text) => ({ kind: "greeted", reply: { code: 220, lines: text, complete: true } }) as const),
    fc
      .tuple(declined, lines)
      .map(([code, text]) => ({ kind: "declined", reply: { code, lines: text, complete: false } }) as const),
    hostileText.map((text) => ({ kind: "not-smtp", text }) as const),
    fc.constantFrom<ProbeOutcome>(
      { kind: "closed" },
      { kind: "refused" },
      { kind: "not-found" },
      { kind: "no-resources", cause: "EMFILE" },
      { kind: "reset", stage: "connect" },
      { kind: "reset", stage: "greeting" },
      { kind: "timed-out", stage: "dns" },
      { kind: "timed-out", stage: "connect" },
      { kind: "timed-out", stage: "greeting" },
      { kind: "timed-out", stage: "waiting" },
      { kind: "skipped", why: "stop-host" },
      { kind: "skipped", why: "same-preference" },
      { kind: "skipped", why: "after-stop" },
      { kind: "skipped", why: "null-mx" },
      { kind: "skipped", why: "too-many-exchangers" },
      { kind: "bad-exchange", why: "address" },
      { kind: "bad-exchange", why: "no-host-name" },
    ),
    hostileText.map((cause) => ({ kind: "dns-failure", cause }) as const),
    hostileText.map((cause) => ({ kind: "unreachable", cause }) as const),
  );
}

function duration(): fc.Arbitrary<number> {
  return fc.double({ min: 0, max: 1e7, noNaN: true });
}

function codeUnit(): fc.Arbitrary<string> {
  return fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit));
}
