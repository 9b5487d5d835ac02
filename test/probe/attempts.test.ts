import { describe, expect, test } from "bun:test";
import { Deadline } from "../../src/limits/deadline.ts";
import { Places } from "../../src/limits/places.ts";
import { Attempts } from "../../src/probe/attempts.ts";
import type { Attempt } from "../../src/smtp/attempt.ts";
import { GREETING_ALONE } from "../../src/smtp/greeting.ts";
import { connectionsBefore } from "../fake/connections-before.ts";
import { refusedPort } from "../fake/dead-port.ts";
import { GREETS_AND_LISTENS as GREETS } from "../fake/scripts.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";

const SILENT = "";

const never = new Deadline();

function endpoint({ hostname, port }: { readonly hostname: string; readonly port: number }) {
  return { address: hostname, port };
}

function attemptsIn(places: number): Attempts {
  return new Attempts(new Places(places));
}

function overAlready(): Deadline {
  const deadline = new Deadline();
  deadline.come();
  return deadline;
}

/** Asks for an attempt, and tells whether it is this asker's turn. */
function ask(
  attempts: Attempts,
  server: { readonly hostname: string; readonly port: number },
  deadline = never,
) {
  const turn = Promise.withResolvers<void>();
  const { promise: attempt, resolve: settled } = Promise.withResolvers<Attempt>();
  let isAdmitted = false;
  const admitted = () => {
    isAdmitted = true;
    turn.resolve();
    return deadline;
  };
  attempts.ask(endpoint(server), GREETING_ALONE, { admitted, settled });
  return { attempt, admitted: turn.promise, isAdmitted: () => isAdmitted };
}

function outcomeKind({ outcome }: Attempt): string {
  return outcome.kind;
}

describe("Attempts", () => {
  test("makes an attempt and answers with its evidence", async () => {
    using server = fakeSmtpServer(GREETS);
    expect(await ask(attemptsIn(1), server).attempt).toEqual({
      endpoint: endpoint(server),
      outcome: { kind: "greeted", reply: { code: 220, lines: ["mx.example.test ESMTP"], complete: true } },
      connectMs: expect.any(Number),
      greetingMs: expect.any(Number),
    });
    expect(await server.ended()).toBe("QUIT\r\n");
  });

  test("connects once to an endpoint, whoever asks at the same time or later", async () => {
    using server = fakeSmtpServer(GREETS);
    const pool = attemptsIn(9);
    const together = await Promise.all([1, 2, 3].map(() => ask(pool, server).attempt));
    const later = await ask(pool, server).attempt;
    for (const attempt of together) expect(attempt).toBe(later);
    expect(await connectionsBefore(server)).toBe(1);
  });

  test("connects once to an endpoint when all who ask have to wait", async () => {
    using silent = fakeSmtpServer(SILENT);
    using server = fakeSmtpServer(GREETS);
    const pool = attemptsIn(1);
    const over = new Deadline();
    const first = ask(pool, silent, over);
    const others = [ask(pool, server), ask(pool, server)];
    await silent.saw("");
    over.come();
    expect(await Promise.all([first, ...others].map(({ attempt }) => attempt.then(outcomeKind)))).toEqual([
      "timed-out",
      "greeted",
      "greeted",
    ]);
    expect(await connectionsBefore(server)).toBe(1);
  });

  test("connects anew for another port or address", async () => {
    using one = fakeSmtpServer(GREETS, { hostname: "127.0.0.21" });
    using other = fakeSmtpServer(GREETS, { hostname: "127.0.0.22", port: one.port });
    const pool = attemptsIn(9);
    await Promise.all([ask(pool, one).attempt, ask(pool, other).attempt]);
    expect([one.connectionCount, other.connectionCount]).toEqual([1, 1]);
  });

  test("remembers a failure too", async () => {
    using dead = refusedPort();
    const pool = attemptsIn(1);
    const first = await ask(pool, dead).attempt;
    expect(first.outcome).toEqual({ kind: "refused" });
    expect(await ask(pool, dead).attempt).toBe(first);
  });

  test("holds its limit: the next is admitted when one is over, in the order asked", async () => {
    using one = fakeSmtpServer(SILENT);
    using two = fakeSmtpServer(SILENT);
    using three = fakeSmtpServer(SILENT);
    using four = fakeSmtpServer(GREETS);
    const pool = attemptsIn(2);
    const over = [new Deadline(), new Deadline(), new Deadline()];
    const askers = [one, two, three, four].map((server, at) => ask(pool, server, over[at]));
    const admissions = () => askers.map(({ isAdmitted }) => isAdmitted());
    await Promise.all([one.saw(""), two.saw("")]);
    expect(admissions()).toEqual([true, true, false, false]);
    over[1]?.come();
    await askers[2]?.admitted;
    await three.saw("");
    expect(admissions()).toEqual([true, true, true, false]);
    expect(await connectionsBefore(four)).toBe(0);
    over[0]?.come();
    expect(await askers[3]?.attempt.then(outcomeKind)).toBe("greeted");
    over[2]?.come();
    expect(await Promise.all(askers.map(({ attempt }) => attempt.then(outcomeKind)))).toEqual([
      "timed-out",
      "timed-out",
      "timed-out",
      "greeted",
    ]);
  });

  test("gives every place back, however an attempt ends", async () => {
    using greeting = fakeSmtpServer(GREETS);
    using silent = fakeSmtpServer(SILENT);
    using resetting = fakeSmtpServer("(reset)");
    using dead = refusedPort();
    const pool = attemptsIn(1);
    const over = new Deadline();
    const inTheWay = ask(pool, silent, over);
    const servers = [greeting, dead, resetting, greeting, dead];
    const kinds = servers.map((server) => ask(pool, server).attempt.then(outcomeKind));
    const skipped = ask(pool, { hostname: "127.0.0.9", port: dead.port }, overAlready()).attempt;
    const last = ask(pool, { hostname: "127.0.0.8", port: greeting.port }).attempt;
    over.come();
    expect(await Promise.all([inTheWay.attempt.then(outcomeKind), ...kinds])).toEqual([
      "timed-out",
      "greeted",
      "refused",
      "reset",
      "greeted",
      "refused",
    ]);
    expect([outcomeKind(await skipped), outcomeKind(await last)]).toEqual(["timed-out", "refused"]);
  });

  test("ends a joiner's wait at its own deadline and goes on for the others", async () => {
    using server = fakeSmtpServer("(wait 30ms)\nS: 220 mx.example.test\nC: QUIT");
    const pool = attemptsIn(1);
    const over = new Deadline();
    const [patient, hurried] = [ask(pool, server), ask(pool, server, over)];
    await server.saw("");
    over.come();
    expect((await hurried.attempt).outcome).toMatchObject({ kind: "timed-out" });
    expect(await patient.attempt.then(outcomeKind)).toBe("greeted");
    expect(server.connectionCount).toBe(1);
  });

  test("closes an attempt that everybody has given up, and makes a new one for who asks later", async () => {
    using server = fakeSmtpServer(SILENT);
    const pool = attemptsIn(1);
    const over = [new Deadline(), new Deadline(), new Deadline()];
    const [one, other] = [ask(pool, server, over[0]), ask(pool, server, over[1])];
    await connectionsBefore(server);
    over[0]?.come();
    expect((await one.attempt).outcome).toEqual({ kind: "timed-out", stage: "greeting" });
    over[1]?.come();
    expect((await other.attempt).outcome).toEqual({ kind: "timed-out", stage: "greeting" });
    expect(await server.ended()).toBe("");
    const later = ask(pool, server, over[2]);
    await later.admitted;
    expect(await connectionsBefore(server)).toBe(2);
    over[2]?.come();
    await later.attempt;
  });

  test("says how far an attempt had come that was given up at once", async () => {
    using server = fakeSmtpServer(SILENT);
    const over = new Deadline();
    const asker = ask(attemptsIn(1), server, over);
    await asker.admitted;
    over.come();
    expect(await asker.attempt).toMatchObject({
      outcome: { kind: "timed-out", stage: "connect" },
      greetingMs: null,
    });
  });

  test("connects to nothing for an asker whose time is over when its turn comes", async () => {
    using server = fakeSmtpServer(GREETS);
    const pool = attemptsIn(1);
    const { outcome } = await ask(pool, server, overAlready()).attempt;
    expect(outcome).toEqual({ kind: "timed-out", stage: "connect" });
    expect(await connectionsBefore(server)).toBe(0);
    expect(await ask(pool, server).attempt.then(outcomeKind)).toBe("greeted");
  });
});
