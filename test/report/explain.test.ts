import { describe, expect, test } from "bun:test";
import type { ProbeOutcome, ServerReport } from "../../src/probe/outcome.ts";
import { explain, renderReply, renderServer } from "../../src/report/explain.ts";

const NOW_MS = 60_000;
const reply = { code: 220, lines: ["mx1.test ESMTP"], complete: true };

function report(outcome: ProbeOutcome, more: Partial<ServerReport> = {}): ServerReport {
  return {
    target: { server: "mx1.test", host: "mx1.test", port: 25, preference: null },
    outcome,
    address: "127.0.0.1",
    dnsMs: null,
    connectMs: null,
    greetingMs: null,
    elapsedMs: null,
    cachedAtMs: null,
    attempts: [],
    ...more,
  };
}

describe("renderServer() writes", () => {
  const connect = { connectMs: 0.34 };
  const greeting = { connectMs: 0.34, greetingMs: 1_000.26 };
  const noAddress = { address: null, dnsMs: 3 };
  test.each<[string, ServerReport]>([
    [
      'mx1.test: available: 127.0.0.1 said "220 mx1.test ESMTP" (dns 1.2 ms, connect 0.3 ms, greeting 0.4 ms)',
      report({ kind: "greeted", reply }, { dnsMs: 1.23, connectMs: 0.34, greetingMs: 0.44 }),
    ],
    [
      'mx1.test: unavailable: 127.0.0.1 declined with "421 4.7.0 too busy" (connect 0.3 ms, greeting 1000.3 ms)',
      report(
        { kind: "declined", stage: "greeting", reply: { ...reply, code: 421, lines: ["4.7.0 too busy"] } },
        greeting,
      ),
    ],
    [
      "mx1.test: unavailable: 127.0.0.1 refused the connection (connect 0.3 ms)",
      report({ kind: "refused" }, connect),
    ],
    [
      "mx1.test: unavailable: 127.0.0.1 timed out in greeting (connect 0.3 ms, greeting 1000.3 ms)",
      report({ kind: "timed-out", stage: "greeting" }, greeting),
    ],
    [
      "mx1.test: unavailable: 127.0.0.1 timed out in connect (connect 0.3 ms)",
      report({ kind: "timed-out", stage: "connect" }, connect),
    ],
    [
      'mx1.test: unavailable: 127.0.0.1 does not speak SMTP: "HTTP/1.1 400 Bad Request" (connect 0.3 ms, greeting 1000.3 ms)',
      report({ kind: "not-smtp", stage: "greeting", text: "HTTP/1.1 400 Bad Request" }, greeting),
    ],
    [
      "mx1.test: unavailable: 127.0.0.1 closed the connection before a greeting (connect 0.3 ms, greeting 1000.3 ms)",
      report({ kind: "closed", stage: "greeting" }, greeting),
    ],
    [
      "mx1.test: unavailable: 127.0.0.1 reset the connection (connect 0.3 ms)",
      report({ kind: "reset", stage: "connect" }, connect),
    ],
    ["mx1.test: unavailable: name not found (dns 3.0 ms)", report({ kind: "not-found" }, noAddress)],
    [
      "mx1.test: unavailable: lookup failed: ESERVFAIL (dns 3.0 ms)",
      report({ kind: "dns-failure", cause: "ESERVFAIL" }, noAddress),
    ],
    [
      "mx1.test: unavailable: timed out while another process asked it",
      report({ kind: "timed-out", stage: "waiting" }, { address: null }),
    ],
    [
      "mx1.test: unavailable: timed out in dns (dns 3.0 ms)",
      report({ kind: "timed-out", stage: "dns" }, noAddress),
    ],
    [
      "mx1.test: unavailable: 127.0.0.1 is unreachable: ENETUNREACH (connect 0.3 ms)",
      report({ kind: "unreachable", cause: "ENETUNREACH" }, connect),
    ],
    [
      "mx1.test: undetermined: 127.0.0.1 could not be probed by this machine: EMFILE (connect 0.3 ms)",
      report({ kind: "no-resources", cause: "EMFILE" }, connect),
    ],
    ["mx1.test: skipped: stop host", report({ kind: "skipped", why: "stop-host" }, { address: null })],
    [
      "mx1.test: skipped: same preference as the stop host",
      report({ kind: "skipped", why: "same-preference" }, { address: null }),
    ],
    [
      "mx1.test: skipped: after the stop host",
      report({ kind: "skipped", why: "after-stop" }, { address: null }),
    ],
    ["mx1.test: skipped: null MX", report({ kind: "skipped", why: "null-mx" }, { address: null })],
    [
      "mx1.test: unavailable: 127.0.0.1 refused the connection (connect 0.3 ms, cached 12 s ago)",
      report({ kind: "refused" }, { ...connect, cachedAtMs: NOW_MS - 12_300 }),
    ],
    [
      "mx1.test: unavailable: 127.0.0.1 refused the connection (cached 0 s ago)",
      report({ kind: "refused" }, { cachedAtMs: NOW_MS + 5_000 }),
    ],
  ])("%s", (line, server) => {
    expect(renderServer(server, NOW_MS)).toBe(line);
  });

  test.each([
    [2_525, undefined, "mx1.test:2525"],
    [2_525, 2_525, "mx1.test"],
    [25, 2_525, "mx1.test:25"],
    [25, undefined, "mx1.test"],
  ])("port %d, when %p is the usual one, as %s", (port, usualPort, name) => {
    const target = { server: "mx1.test", host: "mx1.test", port, preference: null };
    const line = renderServer(report({ kind: "refused" }, { target }), NOW_MS, usualPort);
    expect(line).toBe(`${name}: unavailable: 127.0.0.1 refused the connection`);
  });

  test("a stage that took no measurable time", () => {
    expect(renderServer(report({ kind: "refused" }, { dnsMs: 0, connectMs: 0 }), NOW_MS)).toBe(
      "mx1.test: unavailable: 127.0.0.1 refused the connection (dns 0.0 ms, connect 0.0 ms)",
    );
  });

  test("one clean line, whatever the server says and is called", () => {
    const nasty = "\x1b[31mx\r\ny\u202e\x9b";
    const escaped = "\\x1b[31mx\\r\\ny\\u{202e}\\x9b";
    const target = { server: `mx${nasty}`, host: "mx.test", port: 25, preference: null };
    const servers = [
      report({ kind: "greeted", reply: { ...reply, lines: [nasty] } }, { target }),
      report(
        { kind: "declined", stage: "greeting", reply: { ...reply, lines: [nasty], code: 554 } },
        { target },
      ),
      report({ kind: "not-smtp", stage: "greeting", text: nasty }, { target }),
      report({ kind: "dns-failure", cause: nasty }, { target }),
      report({ kind: "unreachable", cause: nasty }, { target }),
      report({ kind: "no-resources", cause: nasty }, { target }),
    ];
    for (const server of servers) {
      const line = renderServer(server, NOW_MS);
      expect(line).not.toMatch(/[^\x20-\x7e]/);
      expect(line).toStartWith(`mx${escaped}: `);
      expect(line.split(escaped).length).toBe(3);
    }
  });
});

test("explain() leaves the name, the verdict and the times out", () => {
  expect(explain({ outcome: { kind: "refused" }, address: "::1" })).toBe("::1 refused the connection");
  expect(explain({ outcome: { kind: "not-found" }, address: null })).toBe("name not found");
});

test.each([
  [["mx1.test ESMTP"], "220 mx1.test ESMTP"],
  [["mx1.test", "hello", "ESMTP"], "220 mx1.test hello ESMTP"],
  [[""], "220"],
  [["", ""], "220"],
  [["mx1.test", ""], "220 mx1.test"],
  [["\0a\tb\rc"], "220 \\x00a\\tb\\rc"],
])("renderReply() writes the lines %j", (lines, text) => {
  expect(renderReply({ ...reply, lines })).toBe(text);
});
