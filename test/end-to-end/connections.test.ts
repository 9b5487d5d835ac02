import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { blackhole, refusedPort } from "../fake/dead-port.ts";
import { GREETS, SILENT } from "../fake/scripts.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
import { commands, PATIENCE_MS, run, withoutTimes } from "./command.ts";

setDefaultTimeout(PATIENCE_MS);

describe.each(commands)("smtpdcheck $name", (command) => {
  test.concurrent("exits 0 when the server refuses", async () => {
    using dead = refusedPort();
    const ran = await run(command, ["-v", `127.0.0.1:${dead.port}`]);
    expect({ ...ran, stderr: withoutTimes(ran.stderr) }).toEqual({
      status: 0,
      stdout: "",
      stderr: `127.0.0.1:${dead.port}: unavailable: 127.0.0.1 refused the connection (connect N ms)\n`,
    });
  });

  test.concurrent("exits 0 when the server swallows packets", async () => {
    using dead = blackhole();
    const ran = await run(command, ["-v", "--timeout", "0.3", `127.0.0.1:${dead.port}`]);
    expect({ ...ran, stderr: withoutTimes(ran.stderr) }).toEqual({
      status: 0,
      stdout: "",
      stderr: `127.0.0.1:${dead.port}: unavailable: 127.0.0.1 timed out in connect (connect N ms)\n`,
    });
  });

  test.concurrent("spends about one timeout on forty silent servers", async () => {
    const servers = Array.from({ length: 40 }, () => fakeSmtpServer(SILENT));
    const startedAtMs = performance.now();
    const targets = servers.map(({ port }) => `127.0.0.1:${port}`);
    expect(await run(command, ["--timeout", "1", ...targets])).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(performance.now() - startedAtMs).toBeLessThan(4_000);
    expect(servers.map((server) => server.connectionCount)).toEqual(servers.map(() => 1));
    for (const server of servers) server[Symbol.dispose]();
  });

  test.concurrent("makes one connection for two servers that lead to the same endpoint", async () => {
    using server = fakeSmtpServer("(wait 100ms)\nS: 554 no\nC: QUIT");
    const targets = [
      `10:127.0.0.1:${server.port}`,
      `20:127.0.0.1:${server.port}`,
      `30:localhost:${server.port}`,
    ];
    expect(await run(command, ["-4", ...targets])).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(server.connectionCount).toBe(1);
  });

  test.concurrent("exits 1 for a server on IPv6", async () => {
    using server = fakeSmtpServer(GREETS, { hostname: "::1" });
    const ran = await run(command, [`10:[::1]:${server.port}`]);
    expect(ran).toMatchObject({ status: 1, stderr: "" });
  });
});
