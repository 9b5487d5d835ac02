import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";
import { Watch } from "../../src/guard/watch.ts";
import { FakeVisits } from "./fake-visits.ts";

const ENDPOINT = { address: "192.0.2.1", port: 25 };

let visits: FakeVisits;
let notices: string[];
let watch: Watch;

beforeEach(() => {
  jest.useFakeTimers();
  visits = new FakeVisits();
  notices = [];
  watch = new Watch(ENDPOINT, {
    visit: visits.visit,
    mailCheckMs: 60_000,
    notice({ address }, news, words) {
      if (news !== "probed") notices.push(`${address} ${news} ${words}`);
    },
  });
});

afterEach(() => {
  watch.close();
  jest.useRealTimers();
});

/** Lets time pass while somebody asks every half second. */
function askFor(ms: number): void {
  for (let passed = 0; passed < ms; passed += 500) {
    watch.ask("example.test", performance.now());
    jest.advanceTimersByTime(500);
  }
}

const ask = () => watch.ask("example.test", performance.now());
const starts = () => visits.visits.map(({ atMs }) => Math.round(atMs - (visits.visits[0]?.atMs ?? 0)));

describe("Watch", () => {
  test("probes at the first question, and knows nothing until that has an answer", () => {
    visits.manners.set(ENDPOINT.address, "greets");
    expect(ask()).toBe("none");
    jest.advanceTimersByTime(10);
    expect(ask()).toBe("up");
    expect(visits.visits).toHaveLength(1);
  });

  test("probes once however many ask", () => {
    for (let at = 0; at < 1_000; at += 1) ask();
    expect(visits.visits).toHaveLength(1);
  });

  test("probes 4.75 s after the last probe began while somebody asks", () => {
    visits.manners.set(ENDPOINT.address, "greets");
    askFor(20_000);
    expect(starts()).toEqual([0, 4_750, 9_500, 14_250, 19_000]);
  });

  test("has one probe at a time, however long that takes", () => {
    askFor(50_000);
    expect(visits.visits).toHaveLength(1);
    expect(visits.open).toBe(1);
  });

  test("probes no more when nobody has asked for a minute, and at once when somebody asks again", () => {
    visits.manners.set(ENDPOINT.address, "greets");
    ask();
    jest.advanceTimersByTime(600_000);
    expect(starts().at(-1)).toBeLessThanOrEqual(60_000);
    const before = visits.visits.length;
    expect(ask()).toBe("none");
    expect(visits.visits).toHaveLength(before + 1);
  });

  test("waits for its turn when somebody asks again too early", () => {
    visits.manners.set(ENDPOINT.address, "busy");
    ask();
    jest.advanceTimersByTime(30_000);
    ask();
    jest.advanceTimersByTime(20_000);
    expect(visits.visits).toHaveLength(1);
    jest.advanceTimersByTime(10_100);
    expect(visits.visits).toHaveLength(2);
  });

  test("repeats a failure after 1 s, and is down with the second", () => {
    visits.manners.set(ENDPOINT.address, "greets");
    askFor(1_000);
    visits.manners.set(ENDPOINT.address, "fails");
    askFor(5_000);
    expect(ask()).toBe("not-up");
    expect(starts()).toEqual([0, 4_750, 5_760]);
  });

  test("is open within 7 s of a refusal, and shut within 15 s of its return", () => {
    visits.manners.set(ENDPOINT.address, "greets");
    askFor(10_000);
    visits.manners.set(ENDPOINT.address, "fails");
    const diedAtMs = performance.now();
    while (ask() === "up") jest.advanceTimersByTime(10);
    expect(performance.now() - diedAtMs).toBeLessThan(7_000);
    askFor(60_000);
    visits.manners.set(ENDPOINT.address, "greets");
    const backAtMs = performance.now();
    while (ask() !== "up") jest.advanceTimersByTime(10);
    expect(performance.now() - backAtMs).toBeLessThan(15_000);
  });

  test("makes a mail check in place of a probe about once a minute, not at first, and tells when that turns", () => {
    visits.manners.set(ENDPOINT.address, "takes-none");
    askFor(300_000);
    const checks = visits.visits.filter(({ mailDomain }) => mailDomain !== undefined);
    expect(visits.visits[0]?.mailDomain).toBeUndefined();
    expect(checks.length).toBeWithin(4, 7);
    expect(checks.every(({ mailDomain }) => mailDomain === "example.test")).toBe(true);
    expect(notices).toEqual(["192.0.2.1 up greeted after 6 ms", "192.0.2.1 takes-no-mail 452 full"]);
    expect(ask()).toBe("not-up");
    visits.manners.set(ENDPOINT.address, "greets");
    askFor(80_000);
    expect(notices.slice(2)).toEqual(["192.0.2.1 takes-mail 452 full"]);
    expect(ask()).toBe("up");
    const gaps = visits.visits.map(
      ({ atMs }, at) => atMs - (visits.visits[at - 1]?.atMs ?? Number.NEGATIVE_INFINITY),
    );
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(4_750);
  });

  test("leaves an address alone for a minute that is busy, and tells", () => {
    visits.manners.set(ENDPOINT.address, "busy");
    askFor(59_500);
    expect(visits.visits).toHaveLength(1);
    expect(notices).toEqual(["192.0.2.1 busy 421 4.7.0 too many"]);
  });

  test("tells when it goes and when it is back, once", () => {
    visits.manners.set(ENDPOINT.address, "greets");
    askFor(20_000);
    visits.manners.set(ENDPOINT.address, "fails");
    askFor(30_000);
    visits.manners.set(ENDPOINT.address, "greets");
    askFor(30_000);
    expect(notices).toEqual([
      "192.0.2.1 up greeted after 6 ms",
      "192.0.2.1 not-up refused",
      "192.0.2.1 up greeted after 6 ms",
    ]);
  });

  test("tells whoever listens, until they stop", () => {
    let told = 0;
    const stop = watch.listen(() => {
      told += 1;
    });
    visits.manners.set(ENDPOINT.address, "greets");
    askFor(5_500);
    expect(told).toBe(2);
    stop();
    askFor(5_000);
    expect(told).toBe(2);
  });

  test("tells how long an answer has been waited for", () => {
    const nowMs = performance.now();
    expect(watch.waitedMs(nowMs)).toBe(0);
    ask();
    expect(watch.waitedMs(nowMs + 700)).toBe(700);
    visits.manners.set(ENDPOINT.address, "greets");
    jest.advanceTimersByTime(10);
    ask();
    expect(watch.waitedMs(nowMs + 700)).toBe(0);
  });

  test("ends its probe and starts no other when it is closed", () => {
    ask();
    watch.close();
    expect(visits.open).toBe(0);
    jest.advanceTimersByTime(60_000);
    expect(visits.visits).toHaveLength(1);
  });
});
