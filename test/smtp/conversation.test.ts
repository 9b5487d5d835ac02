import { describe, expect, jest, test } from "bun:test";
import type { Attempt, AttemptOutcome } from "../../src/smtp/attempt.ts";
import { Conversation } from "../../src/smtp/conversation.ts";
import { GREETING_ALONE } from "../../src/smtp/greeting.ts";
import { judgeReply } from "../../src/smtp/hearing.ts";
import type { Reply } from "../../src/smtp/reply.ts";
import type { Script } from "../../src/smtp/script.ts";
import { blackhole, refusedPort } from "../fake/dead-port.ts";
import { type FakeSmtpServer, type FakeSmtpServerOptions, fakeSmtpServer } from "../fake/smtp-server.ts";

function converse({ hostname, port }: { readonly hostname: string; readonly port: number }, script?: Script) {
  const { promise: attempt, resolve: settled } = Promise.withResolvers<Attempt>();
  const conversation = new Conversation(
    { address: hostname, port },
    script === undefined ? GREETING_ALONE : { key: "test", script: () => script },
    { settled },
  );
  return {
    attempt,
    timedOut: () => conversation.timedOut(),
    cancel: () => conversation.cancel(),
  };
}

async function outcomeOf(server: FakeSmtpServer): Promise<AttemptOutcome> {
  return (await converse(server).attempt).outcome;
}

/** A dialogue as a whole: what came of it, all the server heard, and what it found wrong with that. */
async function play(script: string, options: FakeSmtpServerOptions = {}) {
  using server = fakeSmtpServer(script, options);
  const outcome = await outcomeOf(server);
  return { outcome, heard: await server.ended(), complaints: server.complaints };
}

function greeted(...lines: readonly string[]): AttemptOutcome {
  return { kind: "greeted", reply: { code: 220, lines, complete: true } };
}

describe("Conversation is greeted, and says QUIT after the whole greeting,", () => {
  test.each<[string, string, AttemptOutcome]>([
    ["by one line", "S: 220 mx.test ESMTP", greeted("mx.test ESMTP")],
    ["by several lines", "S: 220-mx.test\nS: 220-hello\nS: 220 ESMTP", greeted("mx.test", "hello", "ESMTP")],
    ["by a bare LF", String.raw`S| 220 mx.test\n`, greeted("mx.test")],
    ["by 220 alone", "S: 220", greeted("")],
    ["by 220 and a bare LF", String.raw`S| 220\n`, greeted("")],
    ["by octets that are no text", String.raw`S| 220 \x00\x1b[31m\xff\r\n`, greeted("\0\x1b[31m\ufffd")],
    ["by more than a greeting", "S: 220 mx.test\nS: 250 early", greeted("mx.test")],
  ])("%s", async (_, script, outcome) => {
    expect(await play(`${script}\nC: QUIT`)).toEqual({ outcome, heard: "QUIT\r\n", complaints: [] });
  });

  test.each([1, 2, 3, 4, 5])("by packets of %d octets", async (cutEvery) => {
    const { outcome, heard } = await play("S: 220 mx.test", { cutEvery });
    expect(outcome).toMatchObject({ kind: "greeted", reply: { code: 220 } });
    expect(["", "QUIT\r\n"]).toContain(heard);
  });
});

describe("Conversation is greeted by the code alone, and says nothing,", () => {
  test.each<[string, string, readonly string[]]>([
    ["after the first of several lines", "S: 220-mx.test", ["mx.test"]],
    ["after the separator", "S| 220-", [""]],
    ["after the separator of a last line", "S| 220 ", [""]],
    ["after a part of the line", "S| 220 mx.te", ["mx.te"]],
    ["after a part of the line end", String.raw`S| 220 mx.test\r`, ["mx.test\r"]],
  ])("%s", async (_, script, lines) => {
    expect(await play(script)).toEqual({
      outcome: { kind: "greeted", reply: { code: 220, lines, complete: false } },
      heard: "",
      complaints: [],
    });
  });

  test("when the first octets decide and the rest would take long", async () => {
    const { outcome, heard } = await play("S| 220-\n(wait 60000ms)\nS: mx.test");
    expect(outcome).toEqual({ kind: "greeted", reply: { code: 220, lines: [""], complete: false } });
    expect(heard).toBe("");
  });
});

test("Conversation finds a server busy that says 421, and says QUIT", async () => {
  expect(await play("S: 421 4.7.0 too busy\nC: QUIT")).toEqual({
    outcome: {
      kind: "busy",
      stage: "greeting",
      reply: { code: 421, lines: ["4.7.0 too busy"], complete: true },
    },
    heard: "QUIT\r\n",
    complaints: [],
  });
});

describe("Conversation is declined", () => {
  test.each<[string, string, number, readonly string[]]>([
    ["for now", "S: 450 4.7.0 too busy", 450, ["4.7.0 too busy"]],
    ["for good", "S: 554 no", 554, ["no"]],
    ["by a code alone", "S: 521", 521, [""]],
    ["by another positive code", "S: 250 fine", 250, ["fine"]],
    ["by several lines", "S: 554-no\nS: 554-and\nS: 554 no", 554, ["no", "and", "no"]],
    [
      "by several packets",
      "S| 554\n(wait 5ms)\nS| -no\\r\n(wait 5ms)\nS| \\n554 more\\r\\n",
      554,
      ["no", "more"],
    ],
  ])("%s, and says QUIT", async (_, script, code, lines) => {
    expect(await play(`${script}\nC: QUIT`)).toEqual({
      outcome: { kind: "declined", stage: "greeting", reply: { code, lines, complete: true } },
      heard: "QUIT\r\n",
      complaints: [],
    });
  });

  test.each<[string, string, readonly string[]]>([
    ["its line end", "S| 554 no", ["no"]],
    ["its last line", "S: 554-no", ["no"]],
    ["its text", "S| 554 ", [""]],
  ])("by a reply that lacks %s, and says nothing", async (_, script, lines) => {
    expect(await play(script)).toEqual({
      outcome: { kind: "declined", stage: "greeting", reply: { code: 554, lines, complete: false } },
      heard: "",
      complaints: [],
    });
  });

  test("by a reply that ends with the connection", async () => {
    using server = fakeSmtpServer("S| 421 busy\n(wait 5ms)\n(close)");
    expect(await outcomeOf(server)).toEqual({
      kind: "busy",
      stage: "greeting",
      reply: { code: 421, lines: ["busy"], complete: false },
    });
  });
});

describe("Conversation finds no SMTP, and says nothing,", () => {
  test.each<[string, string, string]>([
    ["in HTTP", "S: HTTP/1.1 400 Bad Request\n(wait 5ms)\n(close)", "HTTP/1.1 400 Bad Request"],
    ["in SSH", "S: SSH-2.0-OpenSSH_9.2", "SSH-2.0-OpenSSH_9.2"],
    ["in four digits", "S: 2200 odd", "2200 odd"],
    ["in an empty line", "S: \nS: 220 mx.test", ""],
    ["in octets without a line end", String.raw`S| \xff\xfb\x01`, "\ufffd\ufffd\x01"],
    ["in a megabyte without a line end", `S| ${"x".repeat(1_000_000)}`, "x".repeat(1_024)],
  ])("%s", async (_, script, text) => {
    const { outcome, heard } = await play(script);
    expect({ outcome, heard }).toEqual({ outcome: { kind: "not-smtp", stage: "greeting", text }, heard: "" });
  });

  test("in a megabyte of lines", async () => {
    const { outcome } = await play(`S| ${"220".repeat(3)}${"x\\r\\n220-".repeat(100_000)}`);
    expect(outcome).toEqual({ kind: "not-smtp", stage: "greeting", text: "220220220x" });
  });

  test.each([1, 2, 3])("whatever packets of %d octets it comes in", async (cutEvery) => {
    const { outcome } = await play("S: 2200 odd\n(close)", { cutEvery });
    expect(outcome).toEqual({ kind: "not-smtp", stage: "greeting", text: "2200 odd" });
  });
});

describe("Conversation tells", () => {
  test("a connection that closes before a greeting", async () => {
    expect((await play("(close)")).outcome).toEqual({ kind: "closed", stage: "greeting" });
  });

  test("a connection that closes within the code", async () => {
    expect((await play("S| 220\n(wait 5ms)\n(close)")).outcome).toEqual({
      kind: "closed",
      stage: "greeting",
    });
  });

  test("a connection that is reset before a greeting", async () => {
    expect((await play("(wait 5ms)\n(reset)")).outcome).toEqual({ kind: "reset", stage: "greeting" });
  });

  test("a port that refuses", async () => {
    using dead = refusedPort();
    expect(await converse(dead).attempt).toEqual({
      endpoint: { address: "127.0.0.1", port: dead.port },
      outcome: { kind: "refused" },
      connectMs: expect.any(Number),
      greetingMs: null,
    });
  });

  test("what each stage took", async () => {
    using server = fakeSmtpServer("(wait 200ms)\nS: 220 mx.test\nC: QUIT");
    const { connectMs, greetingMs } = await converse(server).attempt;
    expect(connectMs).toBeGreaterThan(0);
    expect(greetingMs).toBeGreaterThan(15);
    expect((connectMs ?? 0) + (greetingMs ?? 0)).toBeGreaterThan(198);
  });
});

describe("Conversation timedOut() and cancel()", () => {
  test("in greeting once the connection is open", async () => {
    using server = fakeSmtpServer("");
    const dialogue = converse(server);
    await server.saw("");
    while (dialogue.timedOut().greetingMs === null) await new Promise((resolve) => setImmediate(resolve));
    expect(dialogue.timedOut()).toMatchObject({ outcome: { kind: "timed-out", stage: "greeting" } });
    dialogue.cancel();
    expect(await server.ended()).toBe("");
  });

  test("in connect while nobody answers", async () => {
    using dead = blackhole();
    const dialogue = converse(dead);
    expect(dialogue.timedOut()).toMatchObject({
      outcome: { kind: "timed-out", stage: "connect" },
      connectMs: expect.any(Number),
      greetingMs: null,
    });
    dialogue.cancel();
  });

  test("a dialogue that was cancelled never settles", async () => {
    using server = fakeSmtpServer("(wait 5ms)\nS: 220 mx.test");
    const dialogue = converse(server);
    await server.saw("");
    dialogue.cancel();
    await server.ended();
    expect(await Promise.race([dialogue.attempt, Promise.resolve("pending")])).toBe("pending");
  });
});

describe("Conversation plays a script of several turns", () => {
  function* hello(): Script {
    yield { stage: "greeting", say: "", want: [220], judge: judgeReply };
    const reply = yield { stage: "greeting", say: "EHLO me.test\r\n", want: [250], judge: judgeReply };
    return { kind: "greeted", reply: reply as Reply };
  }

  async function playHello(script: string, options: FakeSmtpServerOptions = {}) {
    using server = fakeSmtpServer(script, options);
    const { outcome } = await converse(server, hello()).attempt;
    return { outcome, heard: await server.ended(), complaints: server.complaints };
  }

  const OFFER = { code: 250, lines: ["mx.test", "SIZE 1000"], complete: true };

  test.each([undefined, 1, 2, 3, 7])("in packets of %p octets", async (cutEvery) => {
    const script = "S: 220-mx.test\nS: 220 ESMTP\nC: EHLO me.test\nS: 250-mx.test\nS: 250 SIZE 1000\nC: QUIT";
    expect(await playHello(script, cutEvery === undefined ? {} : { cutEvery })).toEqual({
      outcome: { kind: "greeted", reply: OFFER },
      heard: "EHLO me.test\r\nQUIT\r\n",
      complaints: [],
    });
  });

  test("and takes no reply that came before it was asked for: those behind it would answer something else", async () => {
    const { outcome, heard } = await playHello("S: 220 mx.test\nS: 250-mx.test\nS: 250 SIZE 1000");
    expect(outcome).toEqual({ kind: "not-smtp", stage: "greeting", text: "250-mx.test" });
    expect(heard).toBe("");
  });

  test.each<[string, string, AttemptOutcome["kind"], string]>([
    ["declines", "S: 502 no", "declined", "QUIT\r\n"],
    ["says what is no reply", "S: hello", "not-smtp", ""],
    ["closes", "(close)", "closed", ""],
    ["resets", "(wait 5ms)\n(reset)", "reset", ""],
  ])("of which the server %s a later one", async (_, ending, kind, lastWord) => {
    const { outcome, heard } = await playHello(`S: 220 mx.test\nC: EHLO me.test\n${ending}`);
    expect({ kind: outcome.kind, heard }).toEqual({ kind, heard: `EHLO me.test\r\n${lastWord}` });
  });
});

describe("Conversation leaves no timer behind while the text of a refusal is late", () => {
  test.each([
    ["when it is cancelled", (dialogue: ReturnType<typeof converse>) => dialogue.cancel()],
    [
      "when the server closes",
      async (dialogue: ReturnType<typeof converse>, server: FakeSmtpServer) => {
        server[Symbol.dispose]();
        await dialogue.attempt;
      },
    ],
  ])("%s", async (_, end) => {
    using server = fakeSmtpServer("S| 554-no");
    jest.useFakeTimers();
    const dialogue = converse(server);
    while (jest.getTimerCount() === 0) await Bun.file("/dev/null").text();
    await end(dialogue, server);
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
  });
});
