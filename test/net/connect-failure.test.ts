import { afterEach, describe, expect, mock, spyOn, test } from "bun:test";
import fs from "node:fs";
import { type ConnectFailure, explainConnectFailure } from "../../src/net/connect-failure.ts";
import { refusedPort } from "../fake/dead-port.ts";

afterEach(() => {
  mock.restore();
});

const NOWHERE = { address: "192.0.2.1", port: 25 };

function stubRoute(code: string): void {
  spyOn(Bun, "udpSocket").mockRejectedValue(Object.assign(new Error("no"), { code }));
}

test.each(["127.0.0.1", "::1"])("explainConnectFailure() believes a refusal on %s", async (address) => {
  expect(await explainConnectFailure("ECONNREFUSED", { address, port: 1 }, 1)).toEqual({ kind: "refused" });
});

test("explainConnectFailure() believes a refusal without a null device too", async () => {
  spyOn(fs, "openSync").mockImplementation(() => {
    throw Object.assign(new Error("no"), { code: "ENOENT" });
  });
  const endpoint = { address: "127.0.0.1", port: 1 };
  expect(await explainConnectFailure("ECONNREFUSED", endpoint, 1)).toEqual({ kind: "refused" });
});

test("explainConnectFailure() believes a real refusal, however long the loopback took", async () => {
  using dead = refusedPort();
  const endpoint = { address: dead.hostname, port: dead.port };
  expect(await explainConnectFailure("ECONNREFUSED", endpoint, 30_000)).toEqual({ kind: "refused" });
});

test("explainConnectFailure() asks for the route without sending anything, and closes the socket", async () => {
  const close = mock();
  const udpSocket = spyOn(Bun, "udpSocket").mockResolvedValue({ close } as never);
  await explainConnectFailure("ECONNREFUSED", { address: "2001:db8::1", port: 2525 }, 1);
  expect(udpSocket.mock.calls as unknown[]).toEqual([
    [{ hostname: "::", connect: { hostname: "2001:db8::1", port: 2525 } }],
  ]);
  expect(close).toHaveBeenCalledTimes(1);
});

describe("explainConnectFailure() of a refusal that is none", () => {
  test.each<[string, ConnectFailure]>([
    ["ENETUNREACH", { kind: "unreachable", cause: "ENETUNREACH" }],
    ["EHOSTUNREACH", { kind: "unreachable", cause: "EHOSTUNREACH" }],
    ["EAFNOSUPPORT", { kind: "unreachable", cause: "EAFNOSUPPORT" }],
    ["EACCES", { kind: "no-resources", cause: "EACCES" }],
    ["EMFILE", { kind: "no-resources", cause: "EMFILE" }],
    ["ENOBUFS", { kind: "no-resources", cause: "ENOBUFS" }],
  ])("when the route says %s", async (code, failure) => {
    stubRoute(code);
    expect(await explainConnectFailure("ECONNREFUSED", NOWHERE, 1)).toEqual(failure);
  });

  test("when no descriptor can be had, whatever the code was that says so", async () => {
    const code = `
      const { openSync } = require("node:fs");
      const { explainConnectFailure } = await import(${JSON.stringify(`${import.meta.dir}/../../src/net/connect-failure.ts`)});
      try { for (;;) openSync("/dev/null"); } catch {}
      const failure = await explainConnectFailure("ECONNREFUSED", { address: "127.0.0.1", port: 1 }, 1);
      process.exit(failure.kind === "no-resources" && failure.cause === "EMFILE" ? 42 : 1);`;
    const child = Bun.spawn(["bash", "-c", 'ulimit -n 64; exec "$0" -e "$1"', process.execPath, code]);
    expect(await child.exited).toBe(42);
  });

  test("when the kernel gave up on it", async () => {
    expect(await explainConnectFailure("ECONNREFUSED", NOWHERE, 127_000)).toEqual({
      kind: "timed-out",
      stage: "connect",
    });
  });

  test.each<[string, string, number, ConnectFailure]>([
    ["no neighbour answered", "192.0.2.1", 3_000, { kind: "unreachable", cause: "EHOSTUNREACH" }],
    ["the neighbour is another's", "192.0.2.11", 3_000, { kind: "refused" }],
    ["a neighbour answered", "192.0.2.2", 3_000, { kind: "refused" }],
    ["it came too fast for that", "192.0.2.1", 10, { kind: "refused" }],
  ])("when %s", async (_, address, elapsedMs, failure) => {
    spyOn(Bun, "udpSocket").mockResolvedValue({ close() {} } as never);
    const table = [
      "IP address       HW type     Flags       HW address            Mask     Device",
      "192.0.2.1        0x1         0x0         00:00:00:00:00:00     *        eth0",
      "192.0.2.2        0x1         0x2         02:00:5e:00:53:01     *        eth0",
    ];
    spyOn(Bun, "file").mockReturnValue({ text: async () => table.join("\n") } as never);
    expect(await explainConnectFailure("ECONNREFUSED", { address, port: 25 }, elapsedMs)).toEqual(failure);
  });
});

describe("explainConnectFailure() of a code that is true", () => {
  test.each<[string, ConnectFailure]>([
    ["EMFILE", { kind: "no-resources", cause: "EMFILE" }],
    ["ENFILE", { kind: "no-resources", cause: "ENFILE" }],
    ["EACCES", { kind: "no-resources", cause: "EACCES" }],
    ["EPERM", { kind: "no-resources", cause: "EPERM" }],
    ["EADDRNOTAVAIL", { kind: "no-resources", cause: "EADDRNOTAVAIL" }],
    ["ECONNRESET", { kind: "reset", stage: "connect" }],
    ["ETIMEDOUT", { kind: "timed-out", stage: "connect" }],
    ["ENETUNREACH", { kind: "unreachable", cause: "ENETUNREACH" }],
    ["EHOSTUNREACH", { kind: "unreachable", cause: "EHOSTUNREACH" }],
    ["EINVAL", { kind: "unreachable", cause: "EINVAL" }],
  ])("%s", async (code, failure) => {
    expect(await explainConnectFailure(code, NOWHERE, 1)).toEqual(failure);
  });
});
