import { afterEach, beforeEach, describe, expect, mock, spyOn, test } from "bun:test";
import fs from "node:fs";
import { Deadline } from "../../src/limits/deadline.ts";
import { lendDescriptors, stopLending } from "../../src/limits/descriptors.ts";
import { Places } from "../../src/limits/places.ts";
import { allowUncancellable } from "../../src/net/connection.ts";
import { Attempts } from "../../src/probe/attempts.ts";
import type { Attempt } from "../../src/smtp/attempt.ts";
import { GREETING_ALONE } from "../../src/smtp/greeting.ts";
import { connectionsBefore } from "../fake/connections-before.ts";
import { GREETS_AND_LISTENS as GREETS, SILENT } from "../fake/scripts.ts";
import { type FakeSmtpServer, fakeSmtpServer } from "../fake/smtp-server.ts";

const { connect } = Bun;

beforeEach(() => allowUncancellable(Number.POSITIVE_INFINITY));
afterEach(() => {
  mock.restore();
  allowUncancellable(0);
});

/** Lets the system refuse descriptors to connects that are made now, so many of them. */
function refuseDescriptors(times: number) {
  let left = times;
  return spyOn(Bun, "connect").mockImplementation(((options: Bun.TCPSocketConnectOptions<unknown>) => {
    left -= 1;
    const refused = Object.assign(new Error("no"), { code: "EMFILE" });
    return left >= 0 ? Promise.reject(refused) : connect(options);
  }) as never);
}

/** Asks, with a deadline of its own for each time that it is its turn. */
function ask(attempts: Attempts, { hostname, port }: FakeSmtpServer) {
  const deadlines: Deadline[] = [];
  const { promise: attempt, resolve } = Promise.withResolvers<Attempt>();
  const settled = mock(resolve);
  const admitted = () => {
    const deadline = new Deadline();
    deadlines.push(deadline);
    return deadline;
  };
  attempts.ask({ address: hostname, port }, GREETING_ALONE, { admitted, settled });
  return { attempt, deadlines, settled };
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Bun.file("/dev/null").text();
}

describe("an attempt that finds no descriptor", () => {
  test("waits until another has given its own back, and its time stands still meanwhile", async () => {
    using silent = fakeSmtpServer(SILENT, { hostname: "127.0.0.45" });
    using up = fakeSmtpServer(GREETS);
    const places = new Places(9);
    const attempts = new Attempts(places);
    const inTheWay = ask(attempts, silent);
    await silent.saw("");
    const connects = refuseDescriptors(1);
    const starved = ask(attempts, up);
    await turns();
    expect([connects.mock.calls.length, places.taken]).toEqual([1, 1]);
    starved.deadlines[0]?.come();
    await turns();
    expect(starved.settled).not.toHaveBeenCalled();
    inTheWay.deadlines[0]?.come();
    expect((await starved.attempt).outcome.kind).toBe("greeted");
    expect([starved.deadlines.length, places.taken]).toEqual([2, 0]);
  });

  test("times out like any other once it has been begun anew, and gives its place back", async () => {
    using other = fakeSmtpServer(SILENT, { hostname: "127.0.0.45" });
    using silent = fakeSmtpServer(SILENT);
    const places = new Places(9);
    const attempts = new Attempts(places);
    const inTheWay = ask(attempts, other);
    await other.saw("");
    refuseDescriptors(1);
    const starved = ask(attempts, silent);
    await turns();
    inTheWay.deadlines[0]?.come();
    await silent.saw("");
    await turns();
    starved.deadlines[1]?.come();
    expect((await starved.attempt).outcome).toEqual({ kind: "timed-out", stage: "greeting" });
    expect(places.taken).toBe(0);
  });

  test("tries again alone while descriptors can be had, a few times", async () => {
    using up = fakeSmtpServer(GREETS);
    const connects = refuseDescriptors(2);
    expect((await ask(new Attempts(new Places(9)), up).attempt).outcome.kind).toBe("greeted");
    expect(connects).toHaveBeenCalledTimes(3);
    const places = new Places(9);
    refuseDescriptors(99);
    const { outcome } = await ask(new Attempts(places), up).attempt;
    expect([outcome, places.taken]).toEqual([{ kind: "no-resources", cause: "EMFILE" }, 0]);
  });

  test("takes back what can be done without, and else says whose fault it is", async () => {
    using up = fakeSmtpServer(GREETS);
    spyOn(fs, "openSync").mockImplementation(() => {
      throw Object.assign(new Error("no"), { code: "EMFILE" });
    });
    refuseDescriptors(1);
    expect((await ask(new Attempts(new Places(9)), up).attempt).outcome.kind).toBe("no-resources");
    let holdsAny = true;
    const giveBack = () => {
      const held = holdsAny;
      holdsAny = false;
      return held;
    };
    lendDescriptors(giveBack);
    refuseDescriptors(1);
    expect((await ask(new Attempts(new Places(9)), up).attempt).outcome.kind).toBe("greeted");
    stopLending(giveBack);
  });
});

test("an attempt tells who waits before it gives its place back: nobody else may need be asked", async () => {
  using first = fakeSmtpServer(GREETS);
  using second = fakeSmtpServer(GREETS, { hostname: "127.0.0.45" });
  const attempts = new Attempts(new Places(1));
  const over = new Deadline();
  const told = Promise.withResolvers<void>();
  attempts.ask({ address: first.hostname, port: first.port }, GREETING_ALONE, {
    admitted: () => new Deadline(),
    settled() {
      over.callOff();
      told.resolve();
    },
  });
  attempts.ask({ address: second.hostname, port: second.port }, GREETING_ALONE, {
    admitted: () => over,
    settled: () => {},
  });
  await told.promise;
  await turns();
  expect(await connectionsBefore(second)).toBe(0);
});
