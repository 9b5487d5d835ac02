import { afterEach, beforeEach, describe, expect, jest, mock, spyOn, test } from "bun:test";
import type { CheckOptions } from "../../src/check/options.ts";
import { standard } from "../../src/command/standard-streams.ts";
import { waitUntilMet } from "../../src/command/wait.ts";
import { UsageError } from "../../src/text/errors.ts";
import { passTime } from "../fake/fake-clock.ts";
import { type ZoneAnswer, zoneResolver } from "../fake/zone-resolver.ts";

const { NO_COLOR } = process.env;
const COLUMNS = Object.getOwnPropertyDescriptor(process.stderr, "columns");
let stderr = "";

beforeEach(() => {
  process.env["NO_COLOR"] = "1";
  stderr = "";
  spyOn(standard, "error").mockImplementation((text) => {
    stderr += text;
  });
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
  mock.restore();
  if (NO_COLOR === undefined) delete process.env["NO_COLOR"];
  else process.env["NO_COLOR"] = NO_COLOR;
  if (COLUMNS === undefined) Reflect.deleteProperty(process.stderr, "columns");
  else Object.defineProperty(process.stderr, "columns", COLUMNS);
});

function onTerminal(columns: number | undefined): void {
  spyOn(standard, "isTerminal").mockReturnValue(columns !== undefined);
  Object.defineProperty(process.stderr, "columns", { value: columns, configurable: true });
}

/** A resolver that answers each question for a name with the next of its answers; the last one stays. */
function changingResolver(answers: Readonly<Record<string, readonly ZoneAnswer[]>>) {
  const asked: string[] = [];
  return {
    asked,
    addresses(host: string, family: 4 | 6) {
      const question = `${host} ${family}`;
      const times = asked.filter((earlier) => earlier === question).length;
      asked.push(question);
      const answer = answers[host]?.[times] ?? answers[host]?.at(-1) ?? "not-found";
      return zoneResolver({ [host]: answer }).addresses(host, family);
    },
  };
}

function wait(servers: string, options: CheckOptions, waitMs: number) {
  const command = { format: "text", thresholds: {} } as const;
  return passTime(waitUntilMet([servers], options, { waitMs, intervalMs: undefined }, command));
}

describe("waitUntilMet()", () => {
  const anyOf = { requirement: "any" } as const;

  test("resolves to the report of the round that meets the requirement", async () => {
    const resolver = changingResolver({ "me.test": ["not-found", ["192.0.2.9"]] });
    onTerminal(undefined);
    const { met, servers } = await wait("a.test", { resolver, stop: ["me.test"] }, 60_000);
    expect([met, servers.length]).toEqual([true, 1]);
    expect(stderr).toBe('smtpdcheck: waiting: Cannot look up the stop host "me.test": name not found\n');
  });

  test("tells each change in a line, and nothing twice", async () => {
    onTerminal(undefined);
    const answers: readonly ZoneAnswer[] = ["not-found", "not-found", { failure: "ESERVFAIL" }, "not-found"];
    const resolver = changingResolver({ "a.test": answers });
    const { met } = await wait("a.test", { resolver, ...anyOf }, 5_000);
    expect(met).toBe(false);
    expect(stderr.split("\n")).toEqual([
      "smtpdcheck: waiting: a.test: name not found",
      "smtpdcheck: waiting: a.test: lookup failed: ESERVFAIL",
      "smtpdcheck: waiting: a.test: name not found",
      "",
    ]);
  });

  test("rewrites one line on a terminal, and leaves none", async () => {
    onTerminal(80);
    await wait("a.test", { resolver: changingResolver({}), ...anyOf }, 2_000);
    expect(stderr.split("\r\x1b[K")).toEqual([
      "",
      "waiting, 0 of 2 s: a.test: name not found",
      "waiting, 1 of 2 s: a.test: name not found",
      "",
    ]);
  });

  test("clips the line to the terminal", async () => {
    onTerminal(30);
    await wait("a.test", { resolver: changingResolver({}), ...anyOf }, 1_000);
    for (const line of stderr.split("\r\x1b[K")) expect(Bun.stringWidth(line)).toBeLessThan(30);
    expect(stderr).toContain("waiting, 0 of 1 s: a.test");
  });

  test("shows the whole line on a terminal that does not know its width", async () => {
    onTerminal(0);
    await wait("a.test", { resolver: changingResolver({}), ...anyOf }, 1_000);
    expect(stderr).toContain("waiting, 0 of 1 s: a.test: name not found");
  });

  test.each([
    [0, 2_500],
    [60_000, 2_500],
    [400, 2_500],
  ])("gives a server no more than is left: a timeout of %d ms, %d ms to wait", async (timeoutMs, waitMs) => {
    onTerminal(undefined);
    const startedAtMs = performance.now();
    const resolver = changingResolver({ "a.test": ["silent"] });
    const { servers } = await wait("a.test", { resolver, ...anyOf, timeoutMs }, waitMs);
    expect(servers[0]?.outcome).toEqual({ kind: "timed-out", stage: "dns" });
    expect(performance.now() - startedAtMs).toBeLessThanOrEqual(waitMs + 20);
    expect(resolver.asked.length).toBe(timeoutMs === 400 ? 6 : 2);
  });

  test("throws a UsageError at once", async () => {
    onTerminal(80);
    const waiting = wait("10:", { resolver: changingResolver({}) }, 60_000).catch((error) => error);
    expect(await waiting).toBeInstanceOf(UsageError);
    expect(stderr.replaceAll("\r\x1b[K", "")).toBe("");
  });

  test("ends with what the last round threw", async () => {
    onTerminal(undefined);
    const waiting = wait("a.test", { resolver: changingResolver({}), stop: ["me.test"] }, 1_000);
    expect(await waiting.catch((error) => error.message)).toBe(
      'Cannot look up the stop host "me.test": name not found',
    );
  });
});
