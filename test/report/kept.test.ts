import { describe, expect, test } from "bun:test";
import type { Kept } from "../../src/cache/store.ts";
import type { ProbeOutcome } from "../../src/probe/outcome.ts";
import { parseKeptFilters, renderKept } from "../../src/report/kept.ts";
import { UsageError } from "../../src/text/errors.ts";

const question = { host: "mx1.example.test", port: 25, family: null } as const;

/** A refused connection, kept just now for a minute. */
function kept(news: Partial<Kept> = {}): Kept {
  const checkedAtMs = news.checkedAtMs ?? Date.now();
  const expiresAtMs = checkedAtMs + 60_000;
  const refused = { outcome: { kind: "refused" }, address: "192.0.2.1", limitMs: 10_000 } as const;
  return { question, ...refused, checkedAtMs, expiresAtMs, ...news };
}

const keptOutcomes: readonly ProbeOutcome[] = [
  { kind: "greeted", reply: { code: 220, lines: ["mx1.example.test ESMTP", "more"], complete: true } },
  {
    kind: "declined",
    stage: "greeting",
    reply: { code: 554, lines: ["no \u001b[31m\u202e, \u{1f4a9}, \ud800"], complete: false },
  },
  { kind: "not-smtp", stage: "greeting", text: "HTTP/1.1 400 Bad\r\nRequest" },
  { kind: "closed", stage: "greeting" },
  { kind: "reset", stage: "greeting" },
  { kind: "timed-out", stage: "dns" },
  { kind: "refused" },
  { kind: "unreachable", cause: "EHOSTUNREACH" },
  { kind: "not-found" },
  { kind: "dns-failure", cause: "ESERVFAIL\n\u202e" },
];

const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);
const list = [
  kept({
    question: { host: "mx2.example.test", port: 25, family: null },
    checkedAtMs: nowMs - 30_400,
    limitMs: null,
  }),
  kept({
    question: { ...question, family: 6 },
    outcome: {
      kind: "declined",
      stage: "greeting",
      reply: { code: 554, lines: ["no \u001b[31m", "not at all"], complete: true },
    },
    address: "2001:db8::1",
    checkedAtMs: nowMs,
  }),
  kept({
    question: { ...question, port: 587 },
    outcome: { kind: "timed-out", stage: "dns" },
    address: null,
    checkedAtMs: nowMs,
  }),
  kept({
    outcome: { kind: "greeted", reply: { code: 220, lines: ["mx1"], complete: true } },
    checkedAtMs: nowMs - 1_000,
  }),
];

describe("renderKept()", () => {
  test("makes a table with aligned columns, in the order of the names", () => {
    expect(renderKept(list, "table", nowMs)).toBe(
      [
        "SERVER            PORT  FAMILY  ASKED     STATUS       AGE   LEFT  WHY",
        'mx1.example.test  25    any     greeting  available    1 s   59 s  192.0.2.1 said "220 mx1"',
        'mx1.example.test  25    IPv6    greeting  unavailable  0 s   60 s  2001:db8::1 declined with "554 no \\x1b[31m not at all"',
        "mx1.example.test  587   any     greeting  unavailable  0 s   60 s  timed out in dns",
        "mx2.example.test  25    any     greeting  unavailable  30 s  30 s  192.0.2.1 refused the connection",
        "",
      ].join("\n"),
    );
  });

  test("makes a table of nothing", () => {
    expect(renderKept([], "table", nowMs)).toBe("SERVER  PORT  FAMILY  ASKED  STATUS  AGE  LEFT  WHY\n");
  });

  test("makes one line of JSON", () => {
    const text = renderKept(list.slice(0, 2), "json", nowMs);
    expect(text).toEndWith("}\n");
    expect(text.indexOf("\n")).toBe(text.length - 1);
    expect(JSON.parse(text)).toEqual({
      version: 1,
      kept: [
        {
          host: "mx1.example.test",
          port: 25,
          family: 6,
          asked: "greeting",
          status: "unavailable",
          reason: "declined",
          stage: "greeting",
          cause: null,
          code: 554,
          reply: "554 no \\x1b[31m not at all",
          address: "2001:db8::1",
          checkedAt: "2026-01-02T03:04:05.000Z",
          expiresAt: "2026-01-02T03:05:05.000Z",
          ageMs: 0,
          leftMs: 60_000,
          limitMs: 10_000,
        },
        {
          host: "mx2.example.test",
          port: 25,
          family: null,
          asked: "greeting",
          status: "unavailable",
          reason: "refused",
          stage: null,
          cause: null,
          code: null,
          reply: null,
          address: "192.0.2.1",
          checkedAt: "2026-01-02T03:03:34.600Z",
          expiresAt: "2026-01-02T03:04:34.600Z",
          ageMs: 30_400,
          leftMs: 29_600,
          limitMs: null,
        },
      ],
    });
    expect(JSON.parse(renderKept([], "json", nowMs))).toEqual({ version: 1, kept: [] });
  });

  test.each(keptOutcomes.map((outcome) => [outcome.kind, outcome] as const))(
    "writes an outcome of the kind %s without control characters, lone surrogates or line ends",
    (_, outcome) => {
      for (const format of ["table", "json"] as const) {
        const text = renderKept([kept({ outcome })], format, nowMs);
        expect(text.trimEnd()).not.toMatch(
          format === "json" ? /[\p{Cc}\p{Cf}\p{Cs}]/u : /[\p{Cf}\p{Cs}]|(?!\n)\p{Cc}/u,
        );
      }
    },
  );
});

describe("parseKeptFilters()", () => {
  test("reads a server without a port as every port", () => {
    expect(
      parseKeptFilters(["MX1.example.test.", "10:mx2.example.test:25,[2001:DB8::1]:587", "192.0.2.1"]),
    ).toEqual([
      { host: "mx1.example.test", port: null },
      { host: "mx2.example.test", port: 25 },
      { host: "2001:db8::1", port: 587 },
      { host: "192.0.2.1", port: null },
    ]);
  });

  test("throws for what is not a server", () => {
    expect(() => parseKeptFilters(["mx1.example.test:0"])).toThrow(UsageError);
    expect(() => parseKeptFilters(["a b!"])).toThrow(UsageError);
  });
});
