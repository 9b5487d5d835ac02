import { afterEach, describe, expect, jest, mock, test } from "bun:test";
import { Deadlines } from "../../src/limits/deadline.ts";
import { Places } from "../../src/limits/places.ts";
import { STAGGER_MS, type Tried, tryAddresses } from "../../src/probe/addresses.ts";
import { Attempts } from "../../src/probe/attempts.ts";
import { HostLookup, type LimitedLookup } from "../../src/probe/lookups.ts";
import type { Attempt, AttemptOutcome } from "../../src/smtp/attempt.ts";
import { FAREWELL_MS } from "../../src/smtp/farewell.ts";
import { GREETING_ALONE } from "../../src/smtp/greeting.ts";
import { connectionsBefore } from "../fake/connections-before.ts";
import { refusedPort } from "../fake/dead-port.ts";
import { GREETS_AND_LISTENS as GREETS } from "../fake/scripts.ts";
import { type FakeSmtpServer, fakeSmtpServer } from "../fake/smtp-server.ts";

const BUSY = "S: 554 5.7.0 too busy\nC: QUIT";
const SILENT = "";

const never = new AbortController().signal;

afterEach(() => {
  jest.useRealTimers();
});

interface Listening {
  readonly hostname: string;
  readonly port: number;
}

function probeAll(
  servers: readonly [Listening, ...Listening[]],
  timeoutMs = Number.POSITIVE_INFINITY,
  attempts = new Attempts(new Places(9)),
): Promise<TriedSome> {
  const addresses = servers.map(({ hostname }) => hostname);
  const ports = new Map(servers.map(({ hostname, port }) => [hostname, port]));
  const atItsPort: Pick<Attempts, "ask"> = {
    ask: ({ address }, talk, asker) => attempts.ask({ address, port: ports.get(address) ?? 0 }, talk, asker),
  };
  return tryAnswers([{ kind: "found", addresses }], 0, timeoutMs, atItsPort);
}

/** What the families come to at once, and what is then tried. */
function tryAnswers(
  answers: readonly LimitedLookup[],
  port: number,
  timeoutMs: number,
  attempts: Pick<Attempts, "ask">,
): Promise<TriedSome> {
  const families = ([4, 6] as const).slice(0, answers.length);
  const host = new HostLookup(answers.length);
  for (const [at, lookup] of answers.entries()) host.answer({ family: at === 0 ? 4 : 6, lookup, dnsMs: 0 });
  const trial = {
    port,
    families,
    timeoutMs,
    attempts,
    deadlines: new Deadlines(never),
    talk: GREETING_ALONE,
  };
  return new Promise((settled, failed) =>
    tryAddresses(
      host,
      trial,
      ({ decisive, ...tried }) => {
        if (decisive === undefined) failed(new Error("Nothing was tried"));
        else settled({ ...tried, decisive });
      },
      failed,
    ),
  );
}

type TriedSome = Tried & { readonly decisive: Attempt };

function summary({ decisive, attempts }: TriedSome): {
  readonly decisive: number;
  readonly kinds: readonly string[];
} {
  return { decisive: attempts.indexOf(decisive), kinds: attempts.map(({ outcome }) => outcome.kind) };
}

test("STAGGER_MS is RFC 8305's", () => {
  expect(STAGGER_MS).toBe(250);
});

describe("tryAddresses() tries the next address at once", () => {
  test.each([
    ["declines", BUSY, "declined"],
    ["does not speak SMTP", "S: SSH-2.0-OpenSSH\n(close)", "not-smtp"],
    ["closes", "(close)", "closed"],
    ["resets", "S: 22\n(reset)", "not-smtp"],
  ])("when one %s", async (_, script, kind) => {
    using bad = fakeSmtpServer(script, { hostname: "127.0.0.31" });
    using good = fakeSmtpServer(GREETS, { hostname: "127.0.0.32" });
    expect(summary(await probeAll([bad, good]))).toEqual({
      decisive: 1,
      kinds: [kind, "greeted"],
    });
    expect(await good.ended()).toBe("QUIT\r\n");
  });

  test("when one refuses, without any timer", async () => {
    using dead = refusedPort("127.0.0.31");
    using dead2 = refusedPort("127.0.0.33");
    using good = fakeSmtpServer(GREETS, { hostname: "127.0.0.32" });
    jest.useFakeTimers();
    expect(summary(await probeAll([dead, dead2, good]))).toEqual({
      decisive: 2,
      kinds: ["refused", "refused", "greeted"],
    });
  });
});

describe("tryAddresses()", () => {
  test("leaves the later addresses alone when the first greets", async () => {
    using good = fakeSmtpServer(GREETS, { hostname: "127.0.0.31" });
    using other = fakeSmtpServer(GREETS, { hostname: "127.0.0.32" });
    jest.useFakeTimers();
    expect(summary(await probeAll([good, other]))).toEqual({ decisive: 0, kinds: ["greeted"] });
    jest.advanceTimersByTime(10 * STAGGER_MS);
    expect(await connectionsBefore(other)).toBe(0);
  });

  test("tries the next address when one has been silent for the stagger, and closes the loser", async () => {
    using silent = fakeSmtpServer(SILENT, { hostname: "127.0.0.31" });
    using good = fakeSmtpServer(GREETS, { hostname: "127.0.0.32" });
    jest.useFakeTimers();
    const probing = probeAll([silent, good]);
    await connectionsBefore(silent);
    jest.advanceTimersByTime(STAGGER_MS - 1);
    expect(await connectionsBefore(good)).toBe(0);
    jest.advanceTimersByTime(1);
    expect(summary(await probing)).toEqual({ decisive: 0, kinds: ["greeted"] });
    jest.advanceTimersByTime(FAREWELL_MS);
    expect(await silent.ended()).toBe("");
  });

  test("staggers every further address, not only the second", async () => {
    using one = fakeSmtpServer(SILENT, { hostname: "127.0.0.31" });
    using two = fakeSmtpServer(SILENT, { hostname: "127.0.0.32" });
    using three = fakeSmtpServer(GREETS, { hostname: "127.0.0.33" });
    jest.useFakeTimers();
    const probing = probeAll([one, two, three]);
    jest.advanceTimersByTime(STAGGER_MS);
    expect(await connectionsBefore(two)).toBe(1);
    expect(await connectionsBefore(three)).toBe(0);
    jest.advanceTimersByTime(STAGGER_MS);
    expect(summary(await probing)).toEqual({ decisive: 0, kinds: ["greeted"] });
    jest.advanceTimersByTime(FAREWELL_MS);
    expect(await Promise.all([one.ended(), two.ended()])).toEqual(["", ""]);
  });

  test("starts the stagger anew when an address fails before it is over", async () => {
    using failing = fakeSmtpServer(SILENT, { hostname: "127.0.0.31" });
    using silent = fakeSmtpServer(SILENT, { hostname: "127.0.0.32" });
    using good = fakeSmtpServer(GREETS, { hostname: "127.0.0.33" });
    jest.useFakeTimers();
    const probing = probeAll([failing, silent, good]);
    await connectionsBefore(failing);
    jest.advanceTimersByTime(100);
    failing[Symbol.dispose]();
    await silent.saw("");
    jest.advanceTimersByTime(STAGGER_MS - 1);
    expect(await connectionsBefore(good)).toBe(0);
    jest.advanceTimersByTime(1);
    expect(summary(await probing)).toMatchObject({ decisive: 1 });
  });

  test("adds nothing to its attempts after it has decided", async () => {
    using silent = fakeSmtpServer(SILENT, { hostname: "127.0.0.31" });
    using good = fakeSmtpServer(GREETS, { hostname: "127.0.0.32" });
    jest.useFakeTimers();
    const probing = probeAll([silent, good]);
    await connectionsBefore(silent);
    jest.advanceTimersByTime(STAGGER_MS);
    const { attempts } = await probing;
    jest.advanceTimersByTime(FAREWELL_MS);
    await silent.ended();
    expect(attempts.map(({ outcome }) => outcome.kind)).toEqual(["greeted"]);
  });

  test("waits for an earlier address although a later one has failed", async () => {
    using slow = fakeSmtpServer("(wait 20ms)\nS: 220 mx\nC: QUIT", { hostname: "127.0.0.31" });
    using busy = fakeSmtpServer(BUSY, { hostname: "127.0.0.32" });
    using dead = refusedPort("127.0.0.33");
    expect((await probeAll([dead, slow])).decisive.outcome.kind).toBe("greeted");
    expect(summary(await probeAll([busy, slow]))).toMatchObject({ decisive: 1 });
  });

  test("times out with its budget, for all addresses together, and starts nothing after it", async () => {
    using one = fakeSmtpServer(SILENT, { hostname: "127.0.0.31" });
    using two = fakeSmtpServer(SILENT, { hostname: "127.0.0.32" });
    using three = fakeSmtpServer(GREETS, { hostname: "127.0.0.33" });
    jest.useFakeTimers();
    const probing = probeAll([one, two, three], STAGGER_MS * 2 - 10);
    await connectionsBefore(one);
    jest.advanceTimersByTime(STAGGER_MS);
    await connectionsBefore(two);
    jest.advanceTimersByTime(STAGGER_MS);
    const { decisive, attempts } = await probing;
    expect(attempts.map(({ outcome }) => outcome)).toEqual(
      Array(2).fill({ kind: "timed-out", stage: "greeting" }),
    );
    expect(decisive.endpoint.address).toBe("127.0.0.31");
    jest.advanceTimersByTime(STAGGER_MS * 10);
    expect(await connectionsBefore(three)).toBe(0);
    expect(await Promise.all([one.ended(), two.ended()])).toEqual(["", ""]);
  });

  test.each([1, 2])(
    "does not use the budget of %d addresses up while it waits for a place",
    async (count) => {
      using silent = fakeSmtpServer(SILENT, { hostname: "127.0.0.31" });
      using other = fakeSmtpServer(SILENT, { hostname: "127.0.0.32" });
      jest.useFakeTimers();
      const pool = new Attempts(new Places(1));
      const inTheWay = probeAll([silent], 10_000, pool);
      const next = { hostname: "127.0.0.33", port: other.port };
      const waiting = probeAll(count === 1 ? [other] : [other, next], 50, pool);
      await connectionsBefore(silent);
      jest.advanceTimersByTime(9_000);
      expect(await connectionsBefore(other)).toBe(0);
      jest.advanceTimersByTime(1_004);
      expect((await inTheWay).decisive.outcome.kind).toBe("timed-out");
      expect(await connectionsBefore(other)).toBe(1);
      jest.advanceTimersByTime(49);
      expect(await Promise.race([waiting, connectionsBefore(other)])).toBe(1);
      jest.advanceTimersByTime(6);
      expect((await waiting).decisive.outcome).toEqual({ kind: "timed-out", stage: "greeting" });
    },
  );

  test("connects to no address whose place comes when another has won", async () => {
    using slow = fakeSmtpServer("(wait 20ms)\nS: 220 mx\nC: QUIT", { hostname: "127.0.0.31" });
    using other = fakeSmtpServer(GREETS, { hostname: "127.0.0.32" });
    using dead = refusedPort("127.0.0.33");
    const pool = new Attempts(new Places(1));
    const [one, two] = [probeAll([dead, slow, other], undefined, pool), probeAll([slow], undefined, pool)];
    expect([(await one).decisive.outcome.kind, (await two).decisive.outcome.kind]).toEqual([
      "greeted",
      "greeted",
    ]);
    expect(await connectionsBefore(other)).toBe(0);
  });
});

describe("tryAddresses() decides by the most telling of several failures", () => {
  const scripts: readonly (readonly [kind: string, script: string])[] = [
    ["declined", BUSY],
    ["not-smtp", "S: SSH-2.0-OpenSSH\n(close)"],
    ["closed", "(close)"],
    ["refused", ""],
  ];
  const pairs = scripts.flatMap(([better, one], at) =>
    scripts.slice(at + 1).map(([worse, other]) => [better, worse, one, other] as const),
  );

  test.each(pairs)("%s before %s, in both orders", async (better, worse, one, other) => {
    using first = listen(one, "127.0.0.31");
    using second = listen(other, "127.0.0.32");
    expect(summary(await probeAll([first, second]))).toEqual({ decisive: 0, kinds: [better, worse] });
    expect(summary(await probeAll([second, first]))).toEqual({ decisive: 1, kinds: [worse, better] });
  });

  test("the first of two of a kind", async () => {
    using first = fakeSmtpServer("S: 554 first\nC: QUIT", { hostname: "127.0.0.31" });
    using second = fakeSmtpServer("S: 554 second\nC: QUIT", { hostname: "127.0.0.32" });
    expect(summary(await probeAll([first, second]))).toEqual({
      decisive: 0,
      kinds: ["declined", "declined"],
    });
  });

  function listen(
    script: string,
    hostname: string,
  ): (FakeSmtpServer | ReturnType<typeof refusedPort>) & Disposable {
    return script === "" ? refusedPort(hostname) : fakeSmtpServer(script, { hostname });
  }
});

describe("tryAddresses() with a family that is not there yet", () => {
  const NOWHERE = "2001:db8::1";

  /** A host of which IPv6 is known, and hands to answer for IPv4. */
  function begin(timeoutMs: number, port: number, six: LimitedLookup) {
    const host = new HostLookup(2);
    const settled = mock();
    const trial = {
      port,
      families: [6, 4] as const,
      timeoutMs,
      attempts: new Attempts(new Places(9)),
      deadlines: new Deadlines(never),
      talk: GREETING_ALONE,
    };
    tryAddresses(host, trial, settled, settled);
    host.answer({ family: 6, lookup: six, dnsMs: 5 });
    const answer = (lookup: LimitedLookup) => host.answer({ family: 4, lookup, dnsMs: 50 });
    const tried = async (): Promise<Tried> => {
      while (settled.mock.calls.length === 0) await Bun.file("/dev/null").text();
      return settled.mock.calls[0]?.[0];
    };
    return { settled, answer, tried };
  }

  test("goes on when its addresses come, though all others have failed", async () => {
    using up = fakeSmtpServer(GREETS, { hostname: "127.0.0.31" });
    using dead = refusedPort("127.0.0.32");
    const { settled, answer, tried } = begin(5_000, up.port, found("127.0.0.32"));
    for (let turn = 0; turn < 50; turn += 1) await Bun.file("/dev/null").text();
    expect([settled.mock.calls.length, dead.port > 0]).toEqual([0, true]);
    answer(found("127.0.0.31"));
    const { decisive, dnsMs } = await tried();
    expect([decisive?.outcome.kind, decisive?.endpoint.address, dnsMs]).toEqual(["greeted", "127.0.0.31", 5]);
  });

  test("does not wait for it when an address greets", async () => {
    using up = fakeSmtpServer(GREETS, { hostname: "127.0.0.31" });
    const { tried } = begin(5_000, up.port, found("127.0.0.31"));
    expect((await tried()).decisive?.outcome.kind).toBe("greeted");
  });

  test("fails when it fails too, and tells what both came to", async () => {
    const { answer, tried } = begin(5_000, 25, found(NOWHERE));
    answer({ kind: "dns-failure", cause: "SERVFAIL" });
    expect((await tried()).lookups.map(({ kind }) => kind)).toEqual(["found", "dns-failure"]);
  });

  test("has nothing to decide by when neither has an address, and tells how long the last took", async () => {
    const { answer, tried } = begin(5_000, 25, { kind: "not-found" });
    answer({ kind: "timed-out", stage: "dns" });
    expect(await tried()).toMatchObject({ decisive: undefined, dnsMs: 50, attempts: [] });
  });

  function found(...addresses: readonly string[]): LimitedLookup {
    return { kind: "found", addresses };
  }
});

test("tryAddresses() lets this machine's own failure outweigh any other", async () => {
  const outcomes: Readonly<Record<string, AttemptOutcome>> = {
    "192.0.2.1": {
      kind: "declined",
      stage: "greeting",
      reply: { code: 421, lines: ["busy"], complete: true },
    },
    "192.0.2.2": { kind: "no-resources", cause: "EMFILE" },
    "192.0.2.3": { kind: "refused" },
  };
  const attempts: Pick<Attempts, "ask"> = {
    ask(endpoint, _talk, asker) {
      asker.admitted();
      const outcome = outcomes[endpoint.address] ?? { kind: "refused" };
      asker.settled({ endpoint, outcome, connectMs: 1, greetingMs: null });
    },
  };
  const found: LimitedLookup = { kind: "found", addresses: Object.keys(outcomes) };
  const { decisive } = await tryAnswers([found], 25, 1_000, attempts);
  expect(decisive.outcome).toEqual({ kind: "no-resources", cause: "EMFILE" });
});
