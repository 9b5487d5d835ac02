import { afterEach, beforeEach, describe, expect, jest, mock, test } from "bun:test";
import { check } from "../../src/check/check.ts";
import { HEAD_START_MS, HeadStart } from "../../src/check/head-start.ts";
import type { CheckOptions } from "../../src/check/options.ts";
import { connectionsBefore } from "../fake/connections-before.ts";
import { refusedPort } from "../fake/dead-port.ts";
import { GREETS_AND_LISTENS as GREETS, SILENT } from "../fake/scripts.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";

const [ONE, TWO, THREE] = ["127.0.0.81", "127.0.0.82", "127.0.0.83"] as const;

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

test("HEAD_START_MS is RFC 8305's", () => {
  expect(HEAD_START_MS).toBe(250);
});

test("HeadStart is on from its first server until the time is over or it ends, and once only", () => {
  const over = mock();
  const headStart = new HeadStart(over);
  expect(headStart.isOn).toBe(false);
  headStart.begin();
  jest.advanceTimersByTime(HEAD_START_MS - 1);
  expect([headStart.isOn, over.mock.calls.length]).toEqual([true, 0]);
  jest.advanceTimersByTime(1);
  expect([headStart.isOn, over.mock.calls.length]).toEqual([false, 1]);
  headStart.begin();
  expect(headStart.isOn).toBe(false);
  const ended = new HeadStart(over);
  ended.begin();
  ended.end();
  expect([ended.isOn, jest.getTimerCount()]).toEqual([false, 0]);
});

describe("check() gives the first server that counts a head start:", () => {
  test("while it is up, nobody behind it is touched", async () => {
    using first = fakeSmtpServer(GREETS, { hostname: ONE });
    using second = fakeSmtpServer(GREETS, { hostname: TWO, port: first.port });
    const report = await check(`${ONE} ${TWO}`, { port: first.port });
    expect(report.server?.server).toBe(ONE);
    expect([await connectionsBefore(second), jest.getTimerCount()]).toEqual([0, 0]);
  });

  test("when it is silent all the others are asked together, once", async () => {
    using silent = fakeSmtpServer(SILENT, { hostname: ONE });
    using second = fakeSmtpServer(SILENT, { hostname: TWO, port: silent.port });
    using third = fakeSmtpServer(SILENT, { hostname: THREE, port: silent.port });
    const checking = check(`${ONE} ${TWO} ${THREE}`, { port: silent.port, timeoutMs: 1_000 });
    await silent.saw("");
    jest.advanceTimersByTime(HEAD_START_MS - 1);
    expect(await connectionsBefore(second)).toBe(0);
    jest.advanceTimersByTime(1);
    await Promise.all([second.saw(""), third.saw("")]);
    jest.advanceTimersByTime(1_010);
    expect((await checking).servers.map(({ outcome }) => outcome.kind)).toEqual(Array(3).fill("timed-out"));
  });

  test("when it fails it is over at once", async () => {
    using dead = refusedPort(ONE);
    using second = fakeSmtpServer(GREETS, { hostname: TWO });
    const report = await check(`${ONE}:${dead.port} ${TWO}:${second.port}`);
    expect(report.server?.server).toBe(TWO);
  });

  test.each<[string, CheckOptions]>([
    ["a report", { until: "settled" }],
    ["the fastest", { order: "arrival" }],
    ["all", { requirement: "all" }],
  ])("not when %s is asked for", async (_, options) => {
    using silent = fakeSmtpServer(SILENT, { hostname: ONE });
    using second = fakeSmtpServer(GREETS, { hostname: TWO, port: silent.port });
    const end = new AbortController();
    const checking = check(`${ONE} ${TWO}`, { port: silent.port, signal: end.signal, ...options });
    await second.saw("");
    end.abort("enough");
    await checking.catch(() => {});
  });
});

test("check() for all waits a moment for others to blame, and leaves no timer when the last of them is settled", async () => {
  using dead = refusedPort(ONE);
  using silent = fakeSmtpServer(SILENT, { hostname: TWO });
  const checking = check(`${ONE}:${dead.port} ${TWO}:${silent.port}`, { requirement: "all", timeoutMs: 50 });
  await silent.saw("");
  for (let turn = 0; turn < 20; turn += 1) await Bun.file("/dev/null").text();
  jest.advanceTimersByTime(60);
  expect((await checking).servers.map(({ outcome }) => outcome.kind)).toEqual(["refused", "timed-out"]);
  expect(jest.getTimerCount()).toBe(0);
});
