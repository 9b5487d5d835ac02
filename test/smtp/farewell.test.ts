import { afterEach, describe, expect, jest, mock, test } from "bun:test";
import { Conversation } from "../../src/smtp/conversation.ts";
import { areLeaving, FAREWELL_MS, Farewell, leavesTaken } from "../../src/smtp/farewell.ts";
import { GREETING_ALONE } from "../../src/smtp/greeting.ts";
import { blackhole } from "../fake/dead-port.ts";
import { type FakeSmtpServer, fakeSmtpServer } from "../fake/smtp-server.ts";

afterEach(() => {
  jest.useRealTimers();
});

/** A conversation that has connected, of which leave is taken. */
async function leave(server: FakeSmtpServer) {
  const settled = mock();
  const left = mock();
  const endpoint = { address: server.hostname, port: server.port };
  const conversation = new Conversation(endpoint, GREETING_ALONE, { settled });
  await server.saw("");
  while (conversation.timedOut().greetingMs === null) await Bun.file("/dev/null").text();
  conversation.takeLeave(left);
  return { settled, left };
}

describe("Conversation takeLeave()", () => {
  test("lets a server greet that has accepted the connection, says QUIT, and tells nobody", async () => {
    using server = fakeSmtpServer("(wait 20ms)\nS: 220 mx.test\nC: QUIT");
    const { settled, left } = await leave(server);
    expect([areLeaving(), left.mock.calls.length]).toEqual([true, 0]);
    await leavesTaken();
    expect(await server.ended()).toBe("QUIT\r\n");
    expect([areLeaving(), left.mock.calls.length, settled.mock.calls.length]).toEqual([false, 1, 0]);
    expect(server.complaints).toEqual([]);
  });

  test.each(["", "S: 220-mx.test"])(
    "waits no longer than its time for %p, and says nothing",
    async (script) => {
      using server = fakeSmtpServer(script);
      jest.useFakeTimers();
      const { left } = await leave(server);
      jest.advanceTimersByTime(FAREWELL_MS - 1);
      await Bun.file("/dev/null").text();
      if (script === "") expect(left).not.toHaveBeenCalled();
      jest.advanceTimersByTime(1);
      await leavesTaken();
      expect([await server.ended(), left.mock.calls.length, jest.getTimerCount()]).toEqual(["", 1, 0]);
    },
  );

  test("closes a connection in a moment that is still being made", async () => {
    using dead = blackhole();
    const startedAtMs = performance.now();
    const left = mock();
    const endpoint = { address: dead.hostname, port: dead.port };
    new Conversation(endpoint, GREETING_ALONE, { settled: mock() }).takeLeave(left);
    await leavesTaken();
    expect([areLeaving(), left.mock.calls.length]).toEqual([false, 1]);
    expect(performance.now() - startedAtMs).toBeLessThan(FAREWELL_MS);
  });

  test("knows a connection that was made a moment ago", async () => {
    using server = fakeSmtpServer("(wait 20ms)\nS: 220 mx.test\nC: QUIT");
    const endpoint = { address: server.hostname, port: server.port };
    const conversation = new Conversation(endpoint, GREETING_ALONE, { settled: mock() });
    conversation.takeLeave(mock());
    await leavesTaken();
    expect(await server.ended()).toBe("QUIT\r\n");
  });
});

test("Farewell is over once, when it has settled or given up", () => {
  jest.useFakeTimers();
  const [giveUp, left] = [mock(), mock()];
  const farewell = new Farewell(giveUp, left);
  farewell.settled();
  jest.advanceTimersByTime(2 * FAREWELL_MS);
  expect([giveUp.mock.calls.length, left.mock.calls.length, areLeaving()]).toEqual([0, 1, false]);
});
