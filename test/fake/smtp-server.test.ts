import { expect, test } from "bun:test";
import { fakeSmtpServer } from "./smtp-server.ts";

interface Heard {
  readonly text: string;
  readonly pieces: number;
  readonly error: string | undefined;
}

/** Connects, answers the first complete line with `says`, and tells what it heard until the connection ended. */
async function hear(server: { hostname: string; port: number }, says = "", until = "\0"): Promise<Heard> {
  const { promise, resolve } = Promise.withResolvers<Heard>();
  let text = "";
  let pieces = 0;
  let answered = false;
  await Bun.connect({
    hostname: server.hostname,
    port: server.port,
    socket: {
      data(socket, octets) {
        text += octets.toString("latin1");
        pieces += 1;
        if (!answered && says !== "" && text.includes("\n")) {
          answered = true;
          socket.write(says);
        }
        if (text.includes(until)) socket.end();
      },
      close: (_, error) => resolve({ text, pieces, error: (error as { code?: string } | undefined)?.code }),
    },
  });
  return promise;
}

test("fakeSmtpServer() plays a whole dialogue and keeps what the client said", async () => {
  using server = fakeSmtpServer(`
    S: 220-mx.example.test
    S: 220 ESMTP
    C: QUIT
    S: 221 2.0.0 Bye
    (close)
  `);
  expect(await hear(server, "QUIT\r\n")).toEqual({
    text: "220-mx.example.test\r\n220 ESMTP\r\n221 2.0.0 Bye\r\n",
    pieces: 2,
    error: undefined,
  });
  expect(await server.ended()).toBe("QUIT\r\n");
  expect(server).toMatchObject({ connectionCount: 1, received: ["QUIT\r\n"], complaints: [] });
});

test("fakeSmtpServer() sends raw octets and bare line feeds", async () => {
  using server = fakeSmtpServer(String.raw`
    S| 220 \x1b[31m\x9b\u202e\\\n
    (close)
  `);
  expect((await hear(server)).text).toBe("220 \x1b[31m\x9b\xe2\x80\xae\\\n");
});

test("fakeSmtpServer() cuts what it sends, and each cut arrives alone", async () => {
  using server = fakeSmtpServer(
    `
    S: 220 mx.example.test
    (close)
  `,
    { cutEvery: 1 },
  );
  expect(await hear(server)).toEqual({ text: "220 mx.example.test\r\n", pieces: 21, error: undefined });
});

test("fakeSmtpServer() parts packets where the script waits", async () => {
  using server = fakeSmtpServer(`
    S: 220-a
    (wait 1ms)
    S: 220 b
    (close)
  `);
  expect(await hear(server)).toEqual({ text: "220-a\r\n220 b\r\n", pieces: 2, error: undefined });
});

test("fakeSmtpServer() sends more than the socket buffers hold", async () => {
  using server = fakeSmtpServer(`S| ${"x".repeat(10_000_000)}\n(close)`);
  expect((await hear(server)).text.length).toBe(10_000_000);
});

test("fakeSmtpServer() resets when told to", async () => {
  using server = fakeSmtpServer("S: 220-a\n(wait 1ms)\n(reset)");
  expect(await hear(server)).toEqual({ text: "220-a\r\n", pieces: 1, error: "ECONNRESET" });
});

test("fakeSmtpServer() stays silent after the script's end", async () => {
  using server = fakeSmtpServer("S: 220 a");
  expect(await hear(server, "", "220 a\r\n")).toMatchObject({ text: "220 a\r\n" });
  expect(await server.ended()).toBe("");
});

test.each([
  [
    "spoke before its turn",
    "S: 220-a\n(wait 50ms)\nS: 220 b\nC: QUIT",
    "QUIT\r\n",
    'spoke before its turn: "QUIT\\r\\n"',
  ],
  ["said another line", "S: 220 a\nC: QUIT", "quit\r\n", 'said "quit\\r\\n" when "QUIT" was due'],
])("fakeSmtpServer() complains of a client that %s, and resets", async (_, script, says, complaint) => {
  using server = fakeSmtpServer(script);
  await hear(server, says);
  expect(server.complaints).toEqual([complaint]);
});

test("fakeSmtpServer() complains of a client that hung up when a line was due", async () => {
  using server = fakeSmtpServer("S: 220 a\nC: QUIT");
  await hear(server, "", "\n");
  await server.ended();
  expect(server.complaints).toEqual(['hung up when "QUIT" was due']);
});

test("saw() resolves once any connection has sent the text", async () => {
  using server = fakeSmtpServer("S: 220 a");
  const heard = hear(server, "NOOP\r\n");
  await server.saw("NOOP");
  expect(server.received).toEqual(["NOOP\r\n"]);
  server[Symbol.dispose]();
  await heard;
});

test("fakeSmtpServer() listens on other loopback addresses with the same port", async () => {
  using one = fakeSmtpServer("S: 220 one\n(close)", { hostname: "127.0.0.11" });
  using two = fakeSmtpServer("S: 220 two\n(close)", { hostname: "127.0.0.12", port: one.port });
  expect([(await hear(one)).text, (await hear(two)).text]).toEqual(["220 one\r\n", "220 two\r\n"]);
});

test("fakeSmtpServer() throws when it cannot read the script", () => {
  expect(() => fakeSmtpServer("X: 220")).toThrow('Cannot read "X: 220" as a script line');
});
