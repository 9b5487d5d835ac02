import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { ProbeOutcome, ServerReport } from "../../src/probe/outcome.ts";
import { isSuccess } from "../../src/probe/outcome.ts";
import { renderNagios, renderNagiosUnknown } from "../../src/report/nagios.ts";
import type { Thresholds } from "../../src/report/nagios-status.ts";
import { parseRange } from "../../src/report/range.ts";
import { fullReport, hostileText } from "./arbitrary-reports.ts";
import { parsePluginOutput } from "./perfdata-parser.ts";
import { greeted, reportOn, settled, target } from "./samples.ts";

const NOW_MS = 60_000;
const NAMES = ["OK", "WARNING", "CRITICAL", "UNKNOWN"];

const MX1 = target("mx1.example.test", { preference: 10 });
const MX2 = target("mx2.example.test", { preference: 20, port: 2525 });
const MX3 = target("mx3.example.test", { preference: 30 });

const up = greeted(MX1);
const down = settled(MX2, { kind: "timed-out", stage: "connect" });
const open = settled(MX3, { kind: "no-resources", cause: "EMFILE" });
const skipped = settled(MX3, { kind: "skipped", why: "stop-host" });

test("renderNagios() writes a status line with performance data, then a line a server", () => {
  const cached = { ...down, attempts: [], elapsedMs: null, cachedAtMs: NOW_MS - 12_000 };
  expect(render([up, cached, skipped], limits("1", "2.5"))).toEqual({
    text: `SMTPDCHECK WARNING - 1 of 2 available, use mx1.example.test; unavailable: mx2.example.test:2525 (192.0.2.1 timed out in connect) | mx1.example.test=0.033000s;1;2.5;0; mx2.example.test:2525=U;1;2.5;0;
mx1.example.test: available: 192.0.2.1 said "220 mx.example.test ESMTP" (dns 1.0 ms, connect 2.0 ms, greeting 30.0 ms)
mx2.example.test:2525: unavailable: 192.0.2.1 timed out in connect (dns 1.0 ms, connect 2.0 ms, cached 12 s ago)
mx3.example.test: skipped: stop host
`,
    status: 1,
  });
});

describe("renderNagios() judges", () => {
  const slow = { ...up, elapsedMs: 1_500 };
  const verySlow = { ...up, elapsedMs: 2_000.001 };
  const usual = limits("1", "2");

  test.each<[string, readonly ServerReport[], Thresholds, number]>([
    ["every server available: OK", [up, up], {}, 0],
    ["every server that counts available: OK", [up, skipped], usual, 0],
    ["some available: WARNING", [up, down], {}, 1],
    ["some available, some undetermined: WARNING", [up, down, open], {}, 1],
    ["none available: CRITICAL", [down, down], {}, 2],
    ["no server that counts: UNKNOWN", [skipped], {}, 3],
    ["no server at all: UNKNOWN", [], {}, 3],
    ["no server that counts, and none wanted: UNKNOWN", [skipped], atLeast(0, 0), 3],
    ["as many available as wanted: OK", [up, down, down], atLeast(1, 1), 0],
    ["as many available as wanted, and one undetermined: OK", [up, open], atLeast(1, 1), 0],
    ["fewer than WARN: WARNING", [up, down, down], atLeast(2, 1), 1],
    ["fewer than WARN, though all that count: WARNING", [up], atLeast(2, 1), 1],
    ["fewer than CRIT: CRITICAL", [up, down, down], atLeast(3, 2), 2],
    ["fewer than CRIT, whatever is undetermined: CRITICAL", [up, open], atLeast(3, 3), 2],
    ["perhaps fewer than WARN: UNKNOWN", [up, open], atLeast(2, 1), 3],
    ["perhaps fewer than CRIT: UNKNOWN", [down, open], atLeast(1, 1), 3],
    ["none available and none wanted: OK", [down], atLeast(0, 0), 0],
    ["none available, CRIT of 0: WARNING", [down], atLeast(1, 0), 1],
    ["as many as wanted and one slow: WARNING", [slow, down], { ...usual, ...atLeast(1, 1) }, 1],
    ["too quick: WARNING", [up], limits("1:"), 1],
    ["within a range to be outside of: CRITICAL", [slow], limits("", "@1:2"), 2],
    ["all available but some undetermined: UNKNOWN", [up, open], {}, 3],
    ["none available and some undetermined: UNKNOWN", [down, open], {}, 3],
    ["one slower than the warning: WARNING", [up, slow], usual, 1],
    ["one slower than the warning and one undetermined: WARNING", [slow, open], usual, 1],
    ["one slower than critical: CRITICAL", [up, verySlow], usual, 2],
    ["one slower than critical, without a warning: CRITICAL", [verySlow], { critical: parseRange("2") }, 2],
    ["one slower than critical and one undetermined: CRITICAL", [verySlow, open], usual, 2],
    ["as slow as the warning: OK", [{ ...up, elapsedMs: 1_000 }], usual, 0],
    ["as slow as critical: WARNING", [{ ...up, elapsedMs: 2_000 }], usual, 1],
    ["over a warning of nothing: WARNING", [up], { warning: parseRange("0") }, 1],
    ["an unavailable server's time: of no account", [up, { ...down, elapsedMs: 10_000 }], usual, 1],
    ["a time that there is not: not slow", [{ ...up, elapsedMs: null }], { warning: parseRange("0") }, 0],
  ])("%s", (_, servers, thresholds, status) => {
    const rendered = render(servers, thresholds);
    expect(rendered.status).toBe(status as typeof rendered.status);
    expect(rendered.text).toStartWith(`SMTPDCHECK ${NAMES[status]} - `);
  });

  test.each<[readonly ServerReport[], string]>([
    [[], "no server counts"],
    [[up, verySlow], "2 of 2 available, use mx1.example.test; slow: mx1.example.test (2.000 s)"],
    [[down, open], "0 of 2 available; unavailable: mx2.example.test:2525; undetermined: mx3.example.test"],
    [[up, { ...up, target: MX2 }], "2 of 2 available, use mx1.example.test"],
    [
      [open],
      "0 of 1 available; undetermined: mx3.example.test (192.0.2.1 could not be probed by this machine: EMFILE)",
    ],
  ])("and says why: %#", (servers, headline) => {
    expect(parsePluginOutput(render(servers, usual).text).short).toEndWith(` - ${headline}`);
  });
});

test("renderNagios() says how many are wanted, and which are too quick", () => {
  const say = (servers: readonly ServerReport[], thresholds: Thresholds) =>
    parsePluginOutput(render(servers, thresholds).text).short;
  const many = "1 of 2 available, fewer than 2, use mx1.example.test; unavailable: mx2.example.test:2525";
  expect(say([up, down], atLeast(2, 1))).toStartWith(`SMTPDCHECK WARNING - ${many}`);
  expect(say([up, down], atLeast(3, 2))).toStartWith(`SMTPDCHECK CRITICAL - ${many}`);
  expect(say([up, down], atLeast(1, 1))).toStartWith("SMTPDCHECK OK - 1 of 2 available, use ");
  expect(say([up, { ...up, elapsedMs: 7_000 }], limits("1:5"))).toEndWith(
    "; slow: mx1.example.test (7.000 s); out of range: mx1.example.test (0.033 s)",
  );
});

test("renderNagios() gives no time of a server that is not available: in a graph it would look like a good one", () => {
  const { metrics } = parsePluginOutput(render([up, down, open], limits("1")).text);
  expect(metrics.map(({ value }) => value)).toEqual(["0.033000s", "U", "U"]);
});

test.each(["10", "10:", "~:10", "10:20", "@10:20", ".5", "0.250"])(
  "renderNagios() prints the threshold %s as given",
  (text) => {
    const [metric] = parsePluginOutput(render([up], limits(text, text)).text).metrics;
    expect(metric?.limits).toEqual([text, text, "0", ""]);
  },
);

describe("renderNagios() labels performance data", () => {
  test.each([
    [[target("mx1.example.test")], "mx1.example.test="],
    [[target("mx1.example.test"), target("mx1.example.test", { port: 2525 })], "mx1.example.test:2525="],
    [[MX1, MX1, MX1], "mx1.example.test_3="],
    [[target("mx.bücher.test")], "'mx.bücher.test'="],
    [[target("it's here")], "'it''s here'="],
    [[target("a=b|c\nd")], "a_b_c_nd="],
    [[target("2001:db8::1")], "2001:db8:0:0:0:0:0:1="],
    [[target("[IPv6:2001:DB8::1]", { host: "2001:db8::1", port: 26 })], "'[2001:db8:0:0:0:0:0:1]:26'="],
    [[target("::")], "0:0:0:0:0:0:0:0="],
    [[target("fe80::1%eth0")], "'fe80:0:0:0:0:0:0:1%eth0'="],
    [[target("1:2:3:4:5:6:7:8")], "1:2:3:4:5:6:7:8="],
  ])("uniquely and quoted where needed: %#", (targets, label) => {
    const [first = ""] = render(targets.map((each) => greeted(each))).text.split("\n");
    expect(first).toContain(` ${label}0.033000s;;;0;`);
  });

  test("and writes no exponents", () => {
    const instant = { ...up, elapsedMs: 0.000_04 };
    const { text } = render([instant], limits("0.0000001"));
    expect(parsePluginOutput(text).metrics[0]).toMatchObject({
      value: "0.000000s",
      limits: ["0.0000001", "", "0", ""],
    });
  });
});

test("renderNagios() keeps its lines whole, whatever servers say", () => {
  const said = "ready | fake=0s;;;; \\nOK\n'quoted' \x1b[2J";
  const { text } = render([greeted(MX1, [said])]);
  expect(parsePluginOutput(text).long).toEqual([
    String.raw`mx1.example.test: available: 192.0.2.1 said "220 ready \x7c fake=0s;;;; \x0aOK\x0a'quoted' \x1b[2J" (dns 1.0 ms, connect 2.0 ms, greeting 30.0 ms)`,
  ]);
});

test.each<[string, ProbeOutcome]>([
  [
    "a reply",
    { kind: "declined", stage: "greeting", reply: { code: 554, lines: ["no ".repeat(300)], complete: true } },
  ],
  ["what is no reply", { kind: "not-smtp", stage: "greeting", text: "554no ".repeat(300) }],
])("renderNagios() cuts %s to 120 columns, and on the status line its reason to 80", (_, outcome) => {
  const [first = "", second = ""] = render([settled(MX1, outcome)]).text.split("\n");
  const [, reason = ""] = /\((.*)\)/.exec(first) ?? [];
  expect(Bun.stringWidth(reason)).toBeWithin(79, 81);
  expect(first).toContain("…) | mx1.example.test=");
  const [, reply = ""] = /"(.*)"/.exec(second) ?? [];
  expect(Bun.stringWidth(reply)).toBeWithin(119, 121);
  expect(reply).toEndWith("…");
});

test("renderNagios() can be read by a monitor, and its labels stay apart, for any report", () => {
  const limit = fc.constantFrom("", "0", "10", "0.5:", "~:10", "@1.5:20");
  fc.assert(
    fc.property(fullReport, limit, limit, (report, warning, critical) => {
      const { text, status } = renderNagios(report, limits(warning, critical), NOW_MS);
      const { short, metrics, long } = parsePluginOutput(text);
      expect(short).toStartWith(`SMTPDCHECK ${NAMES[status]} - `);
      expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|\\n/u);
      expect(long).toHaveLength(report.servers.length);
      const counting = report.servers.filter(({ outcome }) => outcome.kind !== "skipped");
      const times = metrics.filter(({ label }) => !/_cert_days(?:_\d+)?$/.test(label));
      expect(times.map(({ value }) => value === "U")).toEqual(
        counting.map(({ outcome, elapsedMs }) => !isSuccess(outcome) || elapsedMs === null),
      );
      expect(new Set(metrics.map(({ label }) => label)).size).toBe(metrics.length);
    }),
    { numRuns: 300 },
  );
});

test("renderNagiosUnknown() is one line without performance data", () => {
  expect(renderNagiosUnknown('Cannot read "10x" as a timeout: want seconds, such as 2.5')).toBe(
    'SMTPDCHECK UNKNOWN - Cannot read "10x" as a timeout: want seconds, such as 2.5\n',
  );
  fc.assert(
    fc.property(hostileText, (message) => {
      expect(parsePluginOutput(renderNagiosUnknown(message))).toMatchObject({ metrics: [], long: [] });
    }),
  );
});

function limits(warning: string, critical = ""): Thresholds {
  return {
    warning: warning === "" ? undefined : parseRange(warning),
    critical: critical === "" ? undefined : parseRange(critical),
  };
}

function atLeast(warning: number, critical: number): Thresholds {
  return { minimum: { warning, critical } };
}

function render(servers: readonly ServerReport[], thresholds: Thresholds = {}) {
  return renderNagios(reportOn(servers), thresholds, NOW_MS);
}
