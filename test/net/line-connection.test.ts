import { describe, expect, test } from "bun:test";
import { LineConnection } from "../../src/net/line-connection.ts";
import { connectionsBefore } from "../fake/connections-before.ts";
import { refusedPort } from "../fake/dead-port.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";

function endpoint({ hostname, port }: { readonly hostname: string; readonly port: number }) {
  return { address: hostname, port };
}

async function readAll(connection: LineConnection): Promise<readonly string[]> {
  const heard: string[] = [];
  for (;;) {
    const arrival = await connection.read();
    if (typeof arrival === "string") return [...heard, arrival];
    heard.push(Buffer.from(arrival).toString());
  }
}

describe("LineConnection open()", () => {
  test("resolves to undefined when the connection is open", async () => {
    using server = fakeSmtpServer("");
    const connection = new LineConnection();
    expect(await connection.open(endpoint(server))).toBeUndefined();
    connection.terminate();
    expect(await server.ended()).toBe("");
  });

  test("connects to an IPv6 address", async () => {
    using server = fakeSmtpServer("S: 220 six\n(close)", { hostname: "::1" });
    const connection = new LineConnection();
    expect(await connection.open({ address: "::1", port: server.port })).toBeUndefined();
    expect((await readAll(connection)).join("")).toBe("220 six\r\nclosed");
  });

  test("resolves to the error code when it is refused", async () => {
    using dead = refusedPort();
    expect(await new LineConnection().open(endpoint(dead))).toBe("ECONNREFUSED");
  });
});

describe("LineConnection read()", () => {
  test("gives what came before it was called, then what comes, then the end for ever", async () => {
    using server = fakeSmtpServer("S: 220-one\n(wait 5ms)\nS: 220 two\n(close)");
    const connection = new LineConnection();
    await connection.open(endpoint(server));
    const heard = await readAll(connection);
    expect(heard.join("")).toBe("220-one\r\n220 two\r\nclosed");
    expect([await connection.read(), await connection.read()]).toEqual(["closed", "closed"]);
  });

  test("gives octets one packet at a time in their order", async () => {
    const text = "220 mx.example.test ESMTP\r\n";
    using server = fakeSmtpServer(`S: ${text.trim()}\n(close)`, { cutEvery: 1 });
    const connection = new LineConnection();
    await connection.open(endpoint(server));
    expect((await readAll(connection)).join("")).toBe(`${text}closed`);
  });

  test("gives a megabyte", async () => {
    using server = fakeSmtpServer(`S| ${"x".repeat(1_000_000)}\n(close)`);
    const connection = new LineConnection();
    await connection.open(endpoint(server));
    expect((await readAll(connection)).join("").length).toBe(1_000_000 + "closed".length);
  });

  test("tells a reset from a close", async () => {
    using server = fakeSmtpServer("S: 220-one\n(wait 5ms)\n(reset)");
    const connection = new LineConnection();
    await connection.open(endpoint(server));
    expect(await readAll(connection)).toEqual(["220-one\r\n", "reset"]);
    expect(await connection.read()).toBe("reset");
  });
});

describe("LineConnection end()", () => {
  test("says the last word and closes", async () => {
    using server = fakeSmtpServer("S: 220 one\nC: QUIT");
    const connection = new LineConnection();
    await connection.open(endpoint(server));
    await connection.read();
    connection.end("QUIT\r\n");
    expect(await server.ended()).toBe("QUIT\r\n");
    expect(server.complaints).toEqual([]);
  });

  test("says nothing when there is no last word", async () => {
    using server = fakeSmtpServer("S: 220-one");
    const connection = new LineConnection();
    await connection.open(endpoint(server));
    connection.end();
    expect(await server.ended()).toBe("");
  });

  test("does nothing before the connection is open or after it has ended", async () => {
    using server = fakeSmtpServer("(close)");
    const connection = new LineConnection();
    connection.end("QUIT\r\n");
    const other = new LineConnection();
    await other.open(endpoint(server));
    await readAll(other);
    other.end("QUIT\r\n");
    other.terminate();
    expect(await server.ended()).toBe("");
  });
});

describe("LineConnection terminate()", () => {
  test("closes a connection that opens after it", async () => {
    using server = fakeSmtpServer("");
    const connection = new LineConnection();
    const opened = connection.open(endpoint(server)).then(() => "settled");
    connection.terminate();
    if ((await connectionsBefore(server)) === 1) expect(await server.ended()).toBe("");
    expect(await Promise.race([opened, Promise.resolve("pending")])).toBe("pending");
  });
});
