import { expect, test } from "bun:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import type { Report } from "../../src/check/report.ts";
import { renderJson as renderJsonAt, renderJsonError } from "../../src/report/json.ts";
import schema from "../../src/report/report.schema.json";
import { fullReport } from "./arbitrary-reports.ts";
import { greeted, reportOn, settled, target } from "./samples.ts";

type Json = Record<string, unknown>;

const validate = new Ajv2020({ strict: true, allowUnionTypes: true, strictRequired: false }).compile(schema);

const NOW_MS = Date.UTC(2026, 10, 23, 12, 34, 56, 789);

const NO_TIMES = {
  dns: null,
  connect: null,
  greeting: null,
  ehlo: null,
  starttls: null,
  auth: null,
  mail: null,
  rcpt: null,
};
const NOT_ASKED = { result: "not-asked", faults: [] };
const NO_DIALOGUE = {
  hello: null,
  extensions: null,
  tls: null,
  judgements: { opportunistic: NOT_ASKED, pkix: NOT_ASKED, mtaSts: NOT_ASKED, dane: NOT_ASKED },
  tlsFailure: null,
};

const MX1 = target("mx1.example.test", { preference: 10 });
const MX2 = target("MX2.example.test.", { host: "mx2.example.test", port: 2525, preference: 20 });

test("renderJson() writes one object on one line, in the order of the issue", () => {
  const rendered = renderJson(
    reportOn([
      { ...greeted(MX1, ["mx1.example.test ESMTP", "ready"]), dnsMs: 1.23456, cachedAtMs: null },
      settled(MX2, { kind: "skipped", why: "stop-host" }),
    ]),
  );
  expect(rendered).toBe(
    `${JSON.stringify({
      version: 1,
      checkedAt: "2026-11-23T12:34:56.789Z",
      verdict: "available",
      server: "mx1.example.test",
      quitAfter: "greeting",
      requirement: "none-available",
      met: false,
      elapsedMs: 33.25,
      servers: [
        {
          server: "mx1.example.test",
          host: "mx1.example.test",
          port: 25,
          preference: 10,
          status: "available",
          stage: "greeting",
          reason: "greeted",
          code: 220,
          enhancedCode: null,
          reply: "220 mx1.example.test ESMTP ready",
          cause: null,
          address: "192.0.2.1",
          attempts: [
            {
              address: "192.0.2.1",
              reason: "greeted",
              stage: "greeting",
              code: 220,
              enhancedCode: null,
              reply: "220 mx1.example.test ESMTP ready",
              cause: null,
              tlsFailure: null,
              stagesMs: { ...NO_TIMES, connect: 2, greeting: 30 },
              elapsedMs: 32,
            },
          ],
          addressesLeftOut: 0,
          ...NO_DIALOGUE,
          stagesMs: { ...NO_TIMES, dns: 1.235, connect: 2, greeting: 30 },
          elapsedMs: 33,
          cached: false,
        },
        {
          server: "MX2.example.test.",
          host: "mx2.example.test",
          port: 2525,
          preference: 20,
          status: "skipped",
          stage: null,
          reason: "stop-host",
          code: null,
          enhancedCode: null,
          reply: null,
          cause: null,
          address: null,
          attempts: [],
          addressesLeftOut: 0,
          ...NO_DIALOGUE,
          stagesMs: NO_TIMES,
          elapsedMs: null,
          cached: false,
        },
      ],
    })}\n`,
  );
});

test.each([
  [
    { kind: "declined", stage: "greeting", reply: { code: 421, lines: ["busy"], complete: true } },
    "greeting",
    421,
    "421 busy",
  ],
  [
    { kind: "declined", stage: "greeting", reply: { code: 554, lines: [""], complete: true } },
    "greeting",
    554,
    "554",
  ],
  [{ kind: "not-smtp", stage: "greeting", text: "HTTP/1.1 400\t" }, "greeting", null, "HTTP/1.1 400\\t"],
  [{ kind: "closed", stage: "greeting" }, "greeting", null, null],
  [{ kind: "closed", stage: "ehlo" }, "ehlo", null, null],
  [
    { kind: "reached", stage: "rcpt", reply: { code: 250, lines: ["2.1.5 ok"], complete: true } },
    "rcpt",
    250,
    "250 2.1.5 ok",
  ],
  [
    { kind: "busy", stage: "ehlo", reply: { code: 421, lines: ["4.3.2 no"], complete: true } },
    "ehlo",
    421,
    "421 4.3.2 no",
  ],
  [
    { kind: "deferred", stage: "rcpt", reply: { code: 450, lines: ["4.2.0 grey"], complete: true } },
    "rcpt",
    450,
    "450 4.2.0 grey",
  ],
  [{ kind: "starttls-missing", stage: "starttls" }, "starttls", null, null],
  [{ kind: "tls-failed", stage: "starttls", cause: "cut", reply: null }, "starttls", null, null],
  [{ kind: "certificate-expired", stage: "starttls", cause: "expired 3 days ago" }, "starttls", null, null],
  [{ kind: "auth-missing", stage: "auth", offered: ["GSSAPI"] }, "auth", null, null],
  [
    {
      kind: "auth-failed",
      stage: "auth",
      cause: "PLAIN was refused",
      reply: { code: 535, lines: ["no"], complete: true },
    },
    "auth",
    535,
    "535 no",
  ],
  [{ kind: "extension-missing", stage: "ehlo", extension: "SIZE" }, "ehlo", null, null],
  [{ kind: "reset", stage: "connect" }, "connect", null, null],
  [{ kind: "reset", stage: "greeting" }, "greeting", null, null],
  [{ kind: "timed-out", stage: "dns" }, "dns", null, null],
  [{ kind: "timed-out", stage: "connect" }, "connect", null, null],
  [{ kind: "timed-out", stage: "greeting" }, "greeting", null, null],
  [{ kind: "timed-out", stage: "waiting" }, "waiting", null, null],
  [{ kind: "timed-out", stage: "waiting", holderStage: "greeting" }, "waiting", null, null],
  [{ kind: "refused" }, "connect", null, null],
  [{ kind: "unreachable", cause: "ENETUNREACH" }, "connect", null, null],
  [{ kind: "not-found" }, "dns", null, null],
  [{ kind: "dns-failure", cause: "ESERVFAIL" }, "dns", null, null],
  [{ kind: "no-resources", cause: "EMFILE" }, "connect", null, null],
] as const)("renderJson() tells what came of a server: %j", (outcome, stage, code, reply) => {
  const [server] = read(renderJson(reportOn([settled(MX1, outcome)]))).servers;
  expect(server).toMatchObject({ reason: outcome.kind, stage, code, reply });
});

test("renderJson() lays a lookup that this machine could not make to the stage dns", () => {
  const failed = settled(MX1, { kind: "no-resources", cause: "EMFILE" });
  const rendered = renderJson(
    reportOn([{ ...failed, address: null, connectMs: null, greetingMs: null, attempts: [] }]),
  );
  expect(read(rendered).servers[0]).toMatchObject({ status: "undetermined", stage: "dns", address: null });
  expect(problems(rendered)).toEqual([]);
});

test("renderJson() tells why a server was skipped, and what was kept in a cache", () => {
  const reasons = ["stop-host", "same-preference", "after-stop", "null-mx"] as const;
  const skipped = reasons.map((why) => settled(MX1, { kind: "skipped", why }));
  const cached = { ...greeted(MX2), attempts: [], connectMs: null, greetingMs: null, cachedAtMs: 1_000 };
  const rendered = renderJson(reportOn([...skipped, cached]));
  const { servers } = read(rendered);
  expect(servers.map(({ reason, cached: isCached }) => [reason, isCached])).toEqual([
    ["stop-host", false],
    ["same-preference", false],
    ["after-stop", false],
    ["null-mx", false],
    ["greeted", true],
  ]);
  expect(problems(rendered)).toEqual([]);
});

test("renderJson() answers the schema and is one line of clean, well-formed text, whatever servers say", () => {
  fc.assert(
    fc.property(fullReport, (report) => {
      const rendered = renderJson(report);
      expect(rendered.isWellFormed()).toBe(true);
      expect(rendered).toMatch(/^[^\p{Cc}\p{Cs}\u2028\u2029\u202e]*\n$/u);
      expect(problems(rendered)).toEqual([]);
      for (const text of textsOf(JSON.parse(rendered))) expect(text).not.toMatch(/[\p{Cc}\p{Cs}]/u);
    }),
    { numRuns: 300 },
  );
});

test.each<[string, (report: Json, server: Json, attempt: Json) => void]>([
  ["another version", (report) => Object.assign(report, { version: 2 })],
  ["an unknown key", (report) => Object.assign(report, { extra: 1 })],
  ["an unknown key of a server", (_, server) => Object.assign(server, { extra: 1 })],
  ["an unknown key of an attempt", (_, __, attempt) => Object.assign(attempt, { extra: 1 })],
  ["a time of day that is not ISO 8601", (report) => Object.assign(report, { checkedAt: "now" })],
  ["an error beside a report", (report) => Object.assign(report, { error: { kind: "usage", message: "" } })],
  ["a missing key", (report) => delete report["met"]],
  ["a missing key of a server", (_, server) => delete server["cached"]],
  ["a missing key of an attempt", (_, __, attempt) => delete attempt["code"]],
  ["an unknown verdict", (report) => Object.assign(report, { verdict: "up" })],
  ["an unknown reason", (_, server) => Object.assign(server, { reason: "tired" })],
  ["available without a server to use", (report) => Object.assign(report, { server: null })],
  [
    "unavailable with a server to use",
    (report) => Object.assign(report, { verdict: "unavailable", met: true }),
  ],
  [
    "unavailable with an available server",
    (report) => Object.assign(report, { verdict: "unavailable", server: null, met: true }),
  ],
  ["undetermined by no server", (report) => Object.assign(report, { verdict: "undetermined", server: null })],
  ["a requirement met that is not", (report) => Object.assign(report, { met: true })],
  ["a requirement not met that is", (report) => Object.assign(report, { requirement: "any-available" })],
  ["a status against its reason", (_, server) => Object.assign(server, { status: "unavailable" })],
  ["a stage against its reason", (_, server) => Object.assign(server, { stage: "connect" })],
  ["greeted with another code than 220", (_, server) => Object.assign(server, { code: 250 })],
  ["greeted without a reply", (_, server) => Object.assign(server, { reply: null })],
  ["probed just now without an attempt", (_, server) => Object.assign(server, { attempts: [] })],
  ["a name for an address", (_, server) => Object.assign(server, { address: "mx1.example.test" })],
  ["a port out of range", (_, server) => Object.assign(server, { port: 65_536 })],
  ["a negative duration", (_, server) => Object.assign(server, { stagesMs: { ...NO_TIMES, dns: -1 } })],
  ["a duration in words", (_, server) => Object.assign(server, { stagesMs: { ...NO_TIMES, dns: "1 ms" } })],
  ["a control character", (_, server) => Object.assign(server, { reply: "220 \x1b[31m" })],
  [
    "an attempt that timed out in dns",
    (_, __, attempt) => Object.assign(attempt, { reason: "timed-out", stage: "dns" }),
  ],
  ["an attempt declined with 220", (_, __, attempt) => Object.assign(attempt, { reason: "declined" })],
])("report.schema.json rejects %s", (_, spoil) => {
  const rendered = renderJson(reportOn([greeted(MX1)]));
  expect(problems(rendered)).toEqual([]);
  const report = read(rendered);
  const server = report.servers[0] ?? {};
  spoil(report, server, (server["attempts"] as Json[])[0] ?? {});
  expect(problems(JSON.stringify(report))).not.toEqual([]);
});

test("report.schema.json describes every property that a report has", () => {
  const { $defs } = schema;
  expect(Object.keys($defs.report.properties)).toEqual($defs.report.required);
  expect(Object.keys($defs.failure.properties)).toEqual($defs.failure.required);
  expect(Object.keys($defs.server.properties)).toEqual($defs.server.required);
  expect(Object.keys($defs.attempt.properties)).toEqual($defs.attempt.required);
  for (const part of [$defs.certificate, $defs.tls, $defs.judgement, $defs.stagesMs])
    expect(Object.keys(part.properties)).toEqual([...part.required]);
});

test("renderJsonError() is one clean line that answers the schema", () => {
  expect(renderJsonError("usage", "Cannot read this")).toBe(
    '{"version":1,"error":{"kind":"usage","message":"Cannot read this"}}\n',
  );
  const hostile = renderJsonError("internal", "a\r\n\x1b[31m\u202e\ud800");
  expect(hostile).toMatch(/^[\x20-\x7e]+\n$/);
  expect(problems(hostile)).toEqual([]);
});

test.each([
  { version: 1, error: { kind: "usage" } },
  { version: 1, error: { kind: "weather", message: "" } },
  { version: 1, error: { kind: "usage", message: "" }, verdict: "available" },
  { version: 1, error: null },
  { version: 2, error: { kind: "usage", message: "" } },
  {},
])("report.schema.json rejects %j", (object) => {
  expect(problems(JSON.stringify(object))).not.toEqual([]);
});

function renderJson(report: Report): string {
  return renderJsonAt(report, NOW_MS);
}

function read(rendered: string): Json & { readonly servers: readonly Json[] } {
  return JSON.parse(rendered);
}

function problems(rendered: string): readonly unknown[] {
  validate(JSON.parse(rendered));
  return validate.errors ?? [];
}

function textsOf(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsOf) : [];
}
