import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Report } from "../../src/check/report.ts";
import type { Requirement } from "../../src/check/verdict.ts";
import { renderAdvice } from "../../src/report/advice.ts";
import { type Paint, renderTable } from "../../src/report/table.ts";
import { fullReport } from "./arbitrary-reports.ts";
import { greeted, reportOn, settled, target } from "./samples.ts";

const plain: Paint = (text) => text;
const NOW_MS = 60_000;

const MX1 = target("mx1.example.test", { preference: 10 });
const MX2 = target("mx2.example.test", { preference: 20, port: 2525 });
const MX3 = target("mx3.example.test", { preference: 30 });

test("renderTable() aligns a line a server, and sums up", () => {
  const report = reportOn([
    greeted(MX1),
    { ...settled(MX2, { kind: "timed-out", stage: "connect" }), connectMs: 10_001.23 },
    settled(target("2001:db8::1", { port: 2525 }), { kind: "no-resources", cause: "EMFILE" }),
    settled(target("gone.example.test"), { kind: "not-found" }),
  ]);
  expect(`\n${render(report)}`).toBe(`
Pref  Server                 Address    Verdict         DNS ms  Conn ms  Greet ms  What it said, or why not
  10  mx1.example.test       192.0.2.1  + available        1.0      2.0      30.0  said "220 mx.example.test ESMTP"
  20  mx2.example.test:2525  192.0.2.1  ! unavailable      1.0  10001.2         -  timed out in connect
   -  [2001:db8::1]:2525     192.0.2.1  ? undetermined     1.0      2.0         -  could not be probed by this machine: EMFILE
   -  gone.example.test      -          ! unavailable      1.0        -         -  name not found

Use mx1.example.test: 1 available, 2 unavailable, 1 undetermined; 33.3 ms
`);
});

test("renderTable() shows skipped servers with why, and marks answers from the cache", () => {
  const lines = render(
    reportOn([
      settled(MX1, { kind: "skipped", why: "stop-host" }),
      settled(MX1, { kind: "skipped", why: "same-preference" }),
      settled(MX1, { kind: "skipped", why: "after-stop" }),
      settled(target("example.test"), { kind: "skipped", why: "null-mx" }),
      { ...settled(MX2, { kind: "refused" }), attempts: [], cachedAtMs: NOW_MS - 12_345 },
    ]),
  ).split("\n");
  expect(lines.slice(1, 6).map((line) => line.split(/ {2,}/).at(-1))).toEqual([
    "stop host",
    "same preference as the stop host",
    "after the stop host",
    "null MX",
    "(cached 12 s ago) refused the connection",
  ]);
  expect(lines[1]).toContain("- skipped");
});

test("renderTable() without servers is the summary alone", () => {
  expect(render(reportOn([]))).toBe("No server is available: no servers; 33.3 ms\n");
});

describe("renderTable() sums up", () => {
  const up = greeted(MX1);
  const down = settled(MX2, { kind: "refused" });
  const open = settled(MX3, { kind: "no-resources", cause: "EMFILE" });
  const NO = "No server is available";
  const UNKNOWN = "Cannot tell whether a server is available, because of this machine";

  test.each([
    ["none", [down], `${NO}`],
    ["none", [down, up], "Use mx1.example.test"],
    ["none", [down, open], `${UNKNOWN}`],
    ["any", [down, up, open], "Use mx1.example.test (--require any is met)"],
    ["any", [down], `${NO} (--require any is not met)`],
    ["any", [down, open], `${UNKNOWN} (--require any cannot be told)`],
    ["all", [up], "Use mx1.example.test (--require all is met)"],
    ["all", [up, down, open], "Use mx1.example.test (--require all is not met)"],
    ["all", [up, open], "Use mx1.example.test (--require all cannot be told)"],
  ] as const)("%s of %#", (requirement: Requirement, servers, summary) => {
    const last = render(reportOn(servers, requirement)).trimEnd().split("\n").at(-1);
    expect(last).toStartWith(`${summary}: `);
  });

  test.each([
    [true, "none", " (--require none is met)"],
    [true, "any", " (--require any is not met)"],
    [false, "none", ""],
    [false, "any", ""],
  ] as const)(
    "and speaks of the requirement if it was given: %p, %s",
    (isRequirementGiven, requirement, told) => {
      const options = { paint: plain, nowMs: NOW_MS, isRequirementGiven };
      expect(renderTable(reportOn([down], requirement), options)).toEndWith(
        `\nNo server is available${told}: 1 unavailable; 33.3 ms\n`,
      );
    },
  );
});

test("renderTable() colours the verdicts, through the painter only and after aligning", () => {
  const report = reportOn([
    greeted(MX1),
    settled(MX2, { kind: "refused" }),
    settled(MX3, { kind: "no-resources", cause: "EMFILE" }),
    settled(MX3, { kind: "skipped", why: "after-stop" }),
  ]);
  const painted: string[] = [];
  const paint: Paint = (text, status) => {
    painted.push(`${status}: ${text}`);
    return `\x1b[1m${text}\x1b[0m`;
  };
  for (const columns of [undefined, 100, 60]) {
    const rendered = renderTable(report, { paint, nowMs: NOW_MS, columns });
    expect(Bun.stripANSI(rendered)).toBe(render(report, columns));
  }
  expect(painted.slice(0, 4)).toEqual([
    "available: + available",
    "unavailable: ! unavailable",
    "undetermined: ? undetermined",
    "skipped: - skipped",
  ]);
  expect(render(report)).not.toContain("\x1b");
});

describe("renderTable() in a terminal", () => {
  const report = reportOn([
    greeted(MX1),
    settled(MX2, {
      kind: "declined",
      stage: "greeting",
      reply: { code: 554, lines: ["no ".repeat(60)], complete: true },
    }),
  ]);

  test("clips what a server said at the right edge", () => {
    const lines = render(report, 120).split("\n");
    expect(lines[1]).toEndWith('said "220 mx.example.test ESMTP"');
    expect(lines[2]).toEndWith("no no …");
    expect(Bun.stringWidth(lines[2] ?? "")).toBe(120);
  });

  test("too narrow for that, gives it a line of its own", () => {
    const lines = render(report, 80).split("\n");
    expect(lines.slice(0, 3)).toEqual([
      "Pref  Server                 Address    Verdict        DNS ms  Conn ms  Greet ms",
      "  10  mx1.example.test       192.0.2.1  + available       1.0      2.0      30.0",
      '      said "220 mx.example.test ESMTP"',
    ]);
    expect(lines).toHaveLength(8);
  });

  test.each([
    [77, ["Pref", "Server", "Address", "Verdict", "Conn ms", "Greet ms"]],
    [69, ["Pref", "Server", "Address", "Verdict", "Greet ms"]],
    [60, ["Pref", "Server", "Address", "Verdict"]],
    [50, ["Pref", "Server", "Verdict"]],
    [39, ["Server", "Verdict"]],
    [34, ["Server", "Verdict"]],
  ])("of %d columns drops whole columns and cuts no number", (columns, headings) => {
    const slow = { ...greeted(MX2), connectMs: 10_001.23 };
    const [header = "", , , row = ""] = render(reportOn([greeted(MX1), slow]), columns).split("\n");
    expect(header.trim().split(/ {2,}/)).toEqual(headings);
    const full = ["20", "mx2.example.test:2525", "192.0.2.1", "+ available", "1.0", "10001.2", "30.0"];
    const all = ["Pref", "Server", "Address", "Verdict", "DNS ms", "Conn ms", "Greet ms"];
    expect(row.trim().split(/ {2,}/)).toEqual(headings.map((heading) => full[all.indexOf(heading)] ?? ""));
  });

  test("cuts a server's name before its verdict", () => {
    const [header, row] = render(reportOn([greeted(MX2)]), 24).split("\n");
    expect([header, row]).toEqual(["Server       Verdict", "mx2.exampl…  + available"]);
  });

  test("wraps the summary", () => {
    const lines = render(report, 30).trimEnd().split("\n");
    expect(lines.slice(-3)).toEqual(["Use mx1.example.test: 1", "available, 1 unavailable; 33.3", "ms"]);
  });

  test("keeps beside the rest what is short enough, however narrow", () => {
    const refused = reportOn([settled(MX1, { kind: "skipped", why: "null-mx" })]);
    expect(render(refused, 100).split("\n")[1]).toEndWith("null MX");
  });

  test("of no known width is not clipped", () => {
    expect(render(report, 0)).toBe(render(report));
  });
});

describe("renderTable() with wide, combining and hostile text", () => {
  test.each([
    ["CJK", "mx.例え漢字.test"],
    ["half-width kana", "mx.ﾊﾟﾊﾟ.test"],
    ["emoji", "mx.👍🏽.test"],
    ["a flag", "mx.🇩🇪.test"],
    ["combining marks", "mx.e\u0301o\u0308.test"],
    ["Hebrew", "mx.שלום.test"],
  ])("aligns what follows a name in %s", (_, name) => {
    const [, first = "", second = ""] = render(reportOn([greeted(target(name)), greeted(MX1)])).split("\n");
    const before = (line: string) => Bun.stringWidth(line.slice(0, line.indexOf("192.0.2.1")));
    expect(before(first)).toBe(before(second));
    expect(first).toContain(name);
  });

  test("writes escape sequences, line ends, direction overrides and lone surrogates as escapes", () => {
    const lines = ["\x1b[31mred\x1b[0m\x07\x9b2J", "a\r\nb\tc", "\u202egnp.exe\u2066", "\ud83d!"];
    const [, row] = render(reportOn([greeted(MX1, lines)])).split("\n");
    expect(row).toEndWith(
      String.raw`said "220 \x1b[31mred\x1b[0m\x07\x9b2J a\r\nb\tc \u{202e}gnp.exe\u{2066} \u{d83d}!"`,
    );
  });

  test("never clips in the middle of a wide character", () => {
    const report = reportOn([greeted(MX1, ["漢".repeat(80)])]);
    const rows = [120, 121, 122, 123].map((columns) => render(report, columns).split("\n")[1] ?? "");
    for (const row of rows) expect(row).toEndWith("漢…");
    expect(rows.map((row) => Bun.stringWidth(row))).toEqual([120, 120, 122, 122]);
  });

  test("fills no line beyond the terminal, breaks none and lets nothing unprintable through, whatever servers say", () => {
    fc.assert(
      fc.property(fullReport, fc.integer({ min: 1, max: 200 }), (report, columns) => {
        const rendered = render(report, columns);
        expect(rendered.isWellFormed()).toBe(true);
        for (const line of rendered.split("\n")) {
          expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
          expect(Bun.stringWidth(line)).toBeLessThanOrEqual(columns);
        }
        const unclipped = render(report).trimEnd().split("\n");
        const advice = renderAdvice(report.servers).length;
        const lines = report.servers.length === 0 ? 1 : report.servers.length + 3;
        expect(unclipped).toHaveLength(lines + (advice === 0 ? 0 : advice + 1));
      }),
      { numRuns: 300 },
    );
  });
});

function render(report: Report, columns?: number): string {
  return renderTable(report, { paint: plain, nowMs: NOW_MS, columns });
}
