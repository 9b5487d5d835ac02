import { afterAll, beforeAll, describe, expect, spyOn, test } from "bun:test";
import { readdirSync } from "node:fs";
import { allowUncancellable, Connection } from "../../src/net/connection.ts";
import type { ConnectionEnd } from "../../src/net/listener.ts";
import { connectionsBefore } from "../fake/connections-before.ts";
import { blackhole, refusedPort } from "../fake/dead-port.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";

/** Connects, and takes note of all that is heard; `over` resolves with how it ended, or with the code of a failure. */
function connect({ hostname, port }: { readonly hostname: string; readonly port: number }) {
  const opened = Promise.withResolvers<void>();
  const over = Promise.withResolvers<ConnectionEnd | string>();
  const heard: string[] = [];
  const first = Promise.withResolvers<void>();
  const connection = new Connection(
    { address: hostname, port },
    {
      opened: opened.resolve,
      failed: ({ kind }) => over.resolve(kind),
      secured: () => expect.unreachable(),
      heard(octets) {
        heard.push(Buffer.from(octets).toString());
        first.resolve();
      },
      ended: over.resolve,
    },
  );
  return { connection, heard, opened: opened.promise, first: first.promise, over: over.promise };
}

describe.each([
  ["the system's own calls", 0],
  ["Bun alone", Number.POSITIVE_INFINITY],
])("made by %s,", (_, ofBun) => {
  beforeAll(() => allowUncancellable(ofBun));
  afterAll(() => allowUncancellable(0));

  describe("Connection", () => {
    test("tells that it is open, what it hears, and that it was closed", async () => {
      using server = fakeSmtpServer("S: 220-one\n(wait 5ms)\nS: 220 two\n(close)");
      const { heard, opened, over } = connect(server);
      await opened;
      expect(await over).toBe("closed");
      expect(heard.join("")).toBe("220-one\r\n220 two\r\n");
    });

    test("connects to an IPv6 address", async () => {
      using server = fakeSmtpServer("S: 220 six\n(close)", { hostname: "::1" });
      const { heard, over } = connect(server);
      expect([await over, heard.join("")]).toEqual(["closed", "220 six\r\n"]);
    });

    test("hears a megabyte", async () => {
      using server = fakeSmtpServer(`S| ${"x".repeat(1_000_000)}\n(close)`);
      const { heard, over } = connect(server);
      await over;
      expect(heard.join("").length).toBe(1_000_000);
    });

    test("tells a reset from a close", async () => {
      using server = fakeSmtpServer("S: 220-one\n(wait 5ms)\n(reset)");
      const { heard, over } = connect(server);
      expect([await over, heard]).toEqual(["reset", ["220-one\r\n"]]);
    });

    test("tells that it is refused", async () => {
      using dead = refusedPort();
      expect(await connect(dead).over).toBe("refused");
    });

    test("tells a failure after its constructor, even one that Bun throws at once", async () => {
      let told: string | undefined;
      const unexpected = () => expect.unreachable();
      new Connection(
        { address: "127.0.0.1", port: -1 },
        {
          opened: unexpected,
          heard: unexpected,
          secured: unexpected,
          ended: unexpected,
          failed: ({ kind }) => (told = kind),
        },
      );
      expect(told).toBeUndefined();
      while (told === undefined) await Bun.file("/dev/null").text();
      expect(told).not.toBe("");
    });
  });

  describe("Connection say() and end()", () => {
    test("say what they are given, in order, and close", async () => {
      using server = fakeSmtpServer("S: 220 one\nC: EHLO me.test\nC: QUIT");
      const { connection, first } = connect(server);
      await first;
      connection.say("EHLO ");
      connection.say("me.test\r\n");
      connection.end("QUIT\r\n");
      expect(await server.ended()).toBe("EHLO me.test\r\nQUIT\r\n");
      expect(server.complaints).toEqual([]);
    });

    test("say all of what does not fit at once", async () => {
      using server = fakeSmtpServer("");
      const { connection, opened } = connect(server);
      await opened;
      const text = "x".repeat(8_000_000);
      connection.say(text);
      connection.say("end");
      await server.saw("end");
      expect(server.received[0]?.length).toBe(text.length + 3);
      connection.terminate();
    });

    test("say nothing when there is no last word", async () => {
      using server = fakeSmtpServer("S: 220-one");
      const { connection, first } = connect(server);
      await first;
      connection.end("");
      expect(await server.ended()).toBe("");
    });

    test("do nothing after the end", async () => {
      using server = fakeSmtpServer("(close)");
      const { connection, over } = connect(server);
      await over;
      connection.end("QUIT\r\n");
      connection.terminate();
      expect(await server.ended()).toBe("");
    });
  });

  test("Connection terminate() closes a connection that opens after it, and tells nothing", async () => {
    using server = fakeSmtpServer("");
    const { connection, opened, over } = connect(server);
    connection.terminate();
    if ((await connectionsBefore(server)) === 1) expect(await server.ended()).toBe("");
    expect(await Promise.race([opened, over, Promise.resolve("nothing")])).toBe("nothing");
  });
});

test("Connection terminate() frees the descriptor of one that is still being made", async () => {
  using dead = blackhole();
  const before = readdirSync("/proc/self/fd").length;
  const pending = Array.from({ length: 50 }, () => connect(dead));
  await Bun.sleep(0);
  expect(readdirSync("/proc/self/fd").length).toBe(before + 50);
  for (const { connection } of pending) connection.terminate();
  await Bun.sleep(0);
  expect(readdirSync("/proc/self/fd").length).toBe(before);
  const late = connect(dead);
  late.connection.terminate();
  await Bun.sleep(0);
  expect(readdirSync("/proc/self/fd").length).toBe(before);
});

test("Connection tells a failure of the system's own calls after its constructor", async () => {
  let told: string | undefined;
  const unexpected = () => expect.unreachable();
  const failed = ({ kind }: { readonly kind: string }) => {
    told = kind;
  };
  new Connection(
    { address: "255.255.255.255", port: 25 },
    { opened: unexpected, heard: unexpected, secured: unexpected, ended: unexpected, failed },
  );
  expect(told).toBeUndefined();
  await Promise.resolve();
  expect(told).toBe("unreachable");
});

test("Connection gives the descriptor back when Bun does not take it over", async () => {
  using dead = blackhole();
  const before = readdirSync("/proc/self/fd").length;
  const connecting = spyOn(Bun, "connect").mockImplementation(() => {
    throw new Error("no");
  });
  const { over } = connect(dead);
  connecting.mockRestore();
  await over;
  expect(readdirSync("/proc/self/fd").length).toBe(before);
});
