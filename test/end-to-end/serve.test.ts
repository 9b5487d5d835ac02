import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fakeNameServer } from "../fake/name-server.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
import type { Zone } from "../fake/zone.ts";
import { bareEnvironment, commands, compiled, PATIENCE_MS, run } from "./command.ts";
import { policyClient, policyRequest, scratchFolder, startGuard } from "./guard-process.ts";

setDefaultTimeout(PATIENCE_MS);

const [PRIMARY, SECONDARY] = ["127.0.0.11", "127.0.0.12"] as const;
const ZONE: Zone = {
  "example.test": {
    MX: [
      [10, "mx1.example.test"],
      [20, "mx2.example.test"],
    ],
  },
  "mx1.example.test": { A: [PRIMARY] },
  "mx2.example.test": { A: [SECONDARY] },
  "other.test": { MX: [[10, "mx2.example.test"]] },
  "silent.test": "silent",
};
const PLEASE = "DEFER_IF_PERMIT 4.3.2 Please use mx1.example.test";
const GREETS = "S: 220 mx1\nC: QUIT\nS: 221 bye\n(close)";

const primary = (script = GREETS) => fakeSmtpServer(script, { hostname: PRIMARY });
const probing = (dns: string, port: number) => ["--dns", dns, "--port", String(port), "--probe-loopback"];

describe.each(commands)("smtpdcheck serve ($name)", (command) => {
  test("defers while the primary is up, by one connection, and lets in what it is not for", async () => {
    using dns = await fakeNameServer(ZONE);
    using mx1 = primary();
    await using guard = await startGuard(command, [
      "--policy",
      "unix:SOCKET?mode=0640",
      ...probing(dns.address, mx1.port),
    ]);
    const socket = join(guard.folder, "socket");
    expect(statSync(socket).mode & 0o777).toBe(0o640);
    using client = await policyClient(socket);
    expect(await client.ask("user@example.test")).toBe(PLEASE);
    for (let at = 0; at < 200; at += 1) expect(await client.ask(`user${at}@EXAMPLE.test.`)).toBe(PLEASE);
    expect(await client.ask("user@other.test")).toBe("DUNNO");
    expect(await client.ask("user@example.test", { sasl_username: "me" })).toBe("DUNNO");
    expect(await client.ask("user@example.test", { server_address: "192.0.2.7" })).toBe("DUNNO");
    expect(await client.ask("user@example.test", { protocol_state: "DATA" })).toBe("DUNNO");
    expect(mx1.connectionCount).toBe(1);
    expect(mx1.complaints).toEqual([]);
    guard.kill("SIGTERM");
    expect(await guard.exited).toBe(0);
    expect(existsSync(socket)).toBe(false);
    expect(guard.log()).toMatch(
      /domain=example\.test .*verdict=deferred server=mx1\.example\.test reason=up memory=false ms=\d/,
    );
    expect(guard.log()).toMatch(/memory=true repeated=199$/m);
  });

  test("lets in at once when the primary refuses", async () => {
    using dns = await fakeNameServer(ZONE);
    const port = primary();
    port[Symbol.dispose]();
    await using guard = await startGuard(command, [
      "--policy",
      "unix:SOCKET",
      ...probing(dns.address, port.port),
    ]);
    using client = await policyClient(join(guard.folder, "socket"));
    expect(await client.ask("user@example.test")).toBe("DUNNO");
    expect(await guard.logged(/verdict=let-in/)).toMatch(/reason=none-up/);
  });

  test("answers on standard input and output, writes nothing else, and ends with it", async () => {
    using dns = await fakeNameServer(ZONE);
    using mx1 = primary();
    const args = ["serve", "--policy", "stdio", ...probing(dns.address, mx1.port)];
    const ran = await run(command, args, {
      stdin: policyRequest("user@example.test") + policyRequest("user@other.test"),
    });
    expect(ran).toEqual({ status: 0, stdout: `action=${PLEASE}\n\naction=DUNNO\n\n`, stderr: "" });
  });
});

describe("smtpdcheck filter", () => {
  const SMTPD = "config|smtpd-version|7.4.0\nconfig|subsystem|smtp-in\nconfig|ready\n";
  const CONNECT =
    "report|0.6|1.0|smtp-in|link-connect|aa|client.test|pass|198.51.100.10:45803|127.0.0.12:25\n";
  const rcpt = (token: string, recipient: string) =>
    `filter|0.6|1.0|smtp-in|rcpt-to|aa|${token}|${recipient}\n`;

  test("answers OpenSMTPD, and ends with its input", async () => {
    using dns = await fakeNameServer(ZONE);
    using mx1 = primary();
    const ran = await run(compiled, ["filter", ...probing(dns.address, mx1.port)], {
      stdin: SMTPD + CONNECT + rcpt("b1", "user@example.test") + rcpt("b2", "user@other.test"),
    });
    expect(ran.status).toBe(0);
    expect(
      ran.stdout
        .split("\n")
        .filter((line) => line.startsWith("filter-result"))
        .toSorted(),
    ).toEqual([
      "filter-result|aa|b1|reject|450 4.3.2 Please use mx1.example.test",
      "filter-result|aa|b2|proceed",
    ]);
  });

  test("does not end by a signal, for its end would be the mail server's", async () => {
    const child = Bun.spawn([...compiled.argv, "filter"], {
      env: bareEnvironment,
      stdin: "pipe",
      stdout: "pipe",
      stderr: "ignore",
    });
    child.stdin.write(SMTPD);
    child.stdin.flush();
    const reader = child.stdout.getReader();
    await reader.read();
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) child.kill(signal);
    child.stdin.write(rcpt("b1", "a@b.test"));
    child.stdin.end();
    expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe("filter-result|aa|b1|proceed\n");
    expect(await child.exited).toBe(0);
  });

  test("lets everything in, and says why, when it cannot be started: its end would be the mail server's", async () => {
    const ran = await run(compiled, ["filter", "--relent", "x"], {
      stdin: SMTPD + CONNECT + rcpt("b1", "a@b.test"),
    });
    expect(ran).toEqual({
      status: 2,
      stdout: expect.stringMatching(/register\|ready\nfilter-result\|aa\|b1\|proceed\n$/),
      stderr: expect.stringMatching(/^smtpdcheck: .*"x".*; everything is let in\n$/),
    });
    expect((await run(compiled, ["filter", "--relent", "x", "--check-config"])).stdout).toBe("");
  });
});

describe("smtpdcheck serve", () => {
  test("gives standard output what is in flight when it is told to end", async () => {
    using dns = await fakeNameServer(ZONE);
    using mx1 = primary("(wait 500ms)\nS: 220 mx1\nC: QUIT\n(close)");
    const child = Bun.spawn(
      [...compiled.argv, "serve", "--policy", "stdio", ...probing(dns.address, mx1.port)],
      { env: bareEnvironment, stdin: "pipe", stdout: "pipe", stderr: "ignore" },
    );
    child.stdin.write(policyRequest("user@example.test"));
    child.stdin.flush();
    while (mx1.connectionCount === 0) await Bun.sleep(1);
    child.kill("SIGTERM");
    expect(await new Response(child.stdout).text()).toBe(`action=${PLEASE}\n\n`);
    expect(await child.exited).toBe(0);
  });

  test("turns a client away when there is no room and all others wait for an answer, and forgets it", async () => {
    using dns = await fakeNameServer(ZONE);
    using mx1 = primary("(wait 700ms)\nS: 220 mx1\nC: QUIT\n(close)");
    await using guard = await startGuard(
      compiled,
      ["--policy", "unix:SOCKET", ...probing(dns.address, mx1.port)],
      { under: ["prlimit", "--nofile=16"] },
    );
    const socket = join(guard.folder, "socket");
    using one = await policyClient(socket);
    using other = await policyClient(socket);
    const answers = Promise.all([one.ask("user@example.test"), other.ask("user@example.test")]);
    while (mx1.connectionCount === 0) await Bun.sleep(1);
    using third = await policyClient(socket);
    expect(await third.closed).toBe("");
    expect(await answers).toEqual([PLEASE, PLEASE]);
    using fourth = await policyClient(socket);
    await one.closed;
    expect(await fourth.ask("user@example.test")).toBe(PLEASE);
    using fifth = await policyClient(socket);
    await other.closed;
    using sixth = await policyClient(socket);
    expect(await fourth.closed).toBe(`action=${PLEASE}\n\n`);
    expect(await Promise.all([fifth, sixth].map((each) => each.ask("user@example.test")))).toEqual([
      PLEASE,
      PLEASE,
    ]);
  });

  test("ends though nobody reads its log", async () => {
    using dns = await fakeNameServer(ZONE);
    using scratch = scratchFolder();
    const socket = join(scratch.path, "socket");
    const unread = 'mkfifo "$0/pipe"; sleep 60 <>"$0/pipe" & "$@" 2>"$0/pipe"; echo $?; kill $!';
    const child = Bun.spawn(
      [
        "bash",
        "-mc",
        unread,
        scratch.path,
        ...compiled.argv,
        "serve",
        "--policy",
        `unix:${socket}`,
        "--dns",
        dns.address,
      ],
      { env: bareEnvironment, stdin: "ignore", stdout: "pipe" },
    );
    while (!existsSync(socket)) await Bun.sleep(5);
    using client = await policyClient(socket);
    for (let at = 0; at < 2_000; at += 1)
      expect(
        await client.ask(`user@${at}.test`, {
          protocol_state: "RCPT",
          client_address: `192.0.2.${at % 250}`,
        }),
      ).toBe("DUNNO");
    const [pid = ""] = Bun.spawnSync(["pgrep", "-f", `serve --policy unix:${socket}`])
      .stdout.toString()
      .split("\n")
      .filter((each) => each !== String(child.pid));
    process.kill(Number(pid), "SIGTERM");
    expect(await new Response(child.stdout).text()).toBe("0\n");
  });

  test("reads no more from standard input than it can answer on standard output", async () => {
    using dns = await fakeNameServer(ZONE);
    const child = Bun.spawn([...compiled.argv, "serve", "--policy", "stdio", "--dns", dns.address], {
      env: { ...bareEnvironment, PATH: "/nowhere" },
      stdin: "pipe",
      stdout: "pipe",
      stderr: "ignore",
    });
    child.stdin.write(policyRequest("user@other.test"));
    child.stdin.flush();
    const reader = child.stdout.getReader();
    await reader.read();
    const request = Buffer.from(policyRequest("user@other.test").repeat(1_000));
    let taken = 0;
    for (let at = 0; at < 400; at += 1) {
      child.stdin.write(request);
      const isTaken = await Promise.race([
        Promise.resolve(child.stdin.flush()).then(() => true),
        Bun.sleep(300).then(() => false),
      ]);
      if (!isTaken) break;
      taken += 1;
    }
    expect(taken).toBeLessThan(100);
    child.kill("SIGKILL");
    await child.exited;
  });

  test("writes its log to logger(1) where standard error is the mail server's", async () => {
    using dns = await fakeNameServer(ZONE);
    using scratch = scratchFolder();
    const logger = join(scratch.path, "logger");
    writeFileSync(logger, `#!/bin/sh\necho "$@" > ${scratch.path}/log; cat >> ${scratch.path}/log\n`, {
      mode: 0o755,
    });
    const ran = await run(compiled, ["serve", "--policy", "stdio", "--dns", dns.address], {
      stdin: policyRequest("user@other.test"),
      env: { PATH: `${scratch.path}:${process.env["PATH"]}` },
    });
    expect(ran).toEqual({ status: 0, stdout: "action=DUNNO\n\n", stderr: "" });
    expect(readFileSync(join(scratch.path, "log"), "utf8")).toMatch(
      /^-t smtpdcheck --id=\d+ --prio-prefix\n<22>level=info domain=other\.test .*reason=none-before-us.*\n$/,
    );
  });

  test("lets in while a name server is silent, after the time to answer, and later at once", async () => {
    using dns = await fakeNameServer(ZONE);
    await using guard = await startGuard(compiled, [
      "--policy",
      "unix:SOCKET",
      "--answer-within",
      "0.5",
      "--dns",
      dns.address,
    ]);
    using client = await policyClient(join(guard.folder, "socket"));
    const beganAtMs = performance.now();
    expect(await client.ask("user@silent.test")).toBe("DUNNO");
    expect(performance.now() - beganAtMs).toBeWithin(400, 2_000);
    expect(await client.ask("user@silent.test")).toBe("DUNNO");
    await guard.logged(/reason=no-verdict memory=true/);
  });

  test("never probes loopback unless it is told to", async () => {
    using dns = await fakeNameServer(ZONE);
    using mx1 = primary();
    await using guard = await startGuard(compiled, [
      "--policy",
      "unix:SOCKET",
      "--dns",
      dns.address,
      "--port",
      String(mx1.port),
    ]);
    using client = await policyClient(join(guard.folder, "socket"));
    expect(await client.ask("user@example.test")).toBe("DUNNO");
    expect(mx1.connectionCount).toBe(0);
  });

  test("answers a half-closed client, and then closes", async () => {
    using dns = await fakeNameServer(ZONE);
    using mx1 = primary("(wait 200ms)\nS: 220 mx1\nC: QUIT\n(close)");
    await using guard = await startGuard(compiled, [
      "--policy",
      "inet:127.0.0.1:0",
      ...probing(dns.address, mx1.port),
    ]);
    using client = await policyClient(portOf(await guard.logged(/listening/)));
    client.send(policyRequest("user@example.test"));
    client.halfClose();
    expect(await client.closed).toBe(`action=${PLEASE}\n\n`);
  });

  test("gives what is in flight its answer when it is told to end", async () => {
    using dns = await fakeNameServer(ZONE);
    using mx1 = primary("(wait 500ms)\nS: 220 mx1\nC: QUIT\n(close)");
    await using guard = await startGuard(compiled, [
      "--policy",
      "unix:SOCKET",
      ...probing(dns.address, mx1.port),
    ]);
    using idle = await policyClient(join(guard.folder, "socket"));
    using client = await policyClient(join(guard.folder, "socket"));
    client.send(policyRequest("user@example.test"));
    while (mx1.connectionCount === 0) await Bun.sleep(1);
    guard.kill("SIGTERM");
    expect(await client.closed).toBe(`action=${PLEASE}\n\n`);
    expect(await idle.closed).toBe("");
    expect(await guard.exited).toBe(0);
  });

  test("closes a client that speaks no policy protocol, and says why", async () => {
    await using guard = await startGuard(compiled, ["--policy", "unix:SOCKET"]);
    using client = await policyClient(join(guard.folder, "socket"));
    client.send("GET / HTTP/1.1\r\n\r\n");
    expect(await client.closed).toBe("");
    expect(await guard.logged(/client was closed/)).toContain("level=warn");
  });

  test("reads its files again on SIGHUP, and keeps the old ones when the new are bad", async () => {
    using dns = await fakeNameServer(ZONE);
    using mx1 = primary();
    using scratch = scratchFolder();
    const allow = join(scratch.path, "allow");
    writeFileSync(allow, "# nobody\n");
    await using guard = await startGuard(compiled, [
      "--policy",
      "unix:SOCKET",
      "--allow",
      allow,
      ...probing(dns.address, mx1.port),
    ]);
    using client = await policyClient(join(guard.folder, "socket"));
    expect(await client.ask("user@example.test")).toBe(PLEASE);
    writeFileSync(allow, "198.51.100.0/24\n");
    guard.kill("SIGHUP");
    await guard.logged(/files were read again/);
    expect(await client.ask("user@example.test")).toBe("DUNNO");
    writeFileSync(allow, "198.51.100.0/99\n");
    guard.kill("SIGHUP");
    expect(await guard.logged(/the old ones hold/)).toContain("line 1");
    expect(await client.ask("user@example.test")).toBe("DUNNO");
  });

  test("says what of a changed configuration wants a restart", async () => {
    using scratch = scratchFolder();
    const file = join(scratch.path, "guard.toml");
    writeFileSync(file, 'action = "warn"\n');
    await using guard = await startGuard(compiled, ["--policy", "unix:SOCKET", "--config", file]);
    writeFileSync(file, 'action = "defer"\nanswer-within = 3\nport = 26\n');
    guard.kill("SIGHUP");
    expect(await guard.logged(/wants a restart/)).toContain('options="answer-within port"');
  });

  test("replaces a stale socket, and leaves one in use and a file that is none", async () => {
    using scratch = scratchFolder();
    const socket = join(scratch.path, "socket");
    const args = ["--policy", `unix:${socket}`];
    await using guard = await startGuard(compiled, args);
    expect(await run(compiled, ["serve", ...args])).toEqual({
      status: 2,
      stdout: "",
      stderr: expect.stringMatching(
        /^level=\S+|^smtpdcheck: Cannot listen on .*: another process listens there\n$/,
      ),
    });
    guard.kill("SIGKILL");
    await guard.exited;
    expect(existsSync(socket)).toBe(true);
    await using next = await startGuard(compiled, args);
    using client = await policyClient(socket);
    expect(await client.ask("user@")).toBe("DUNNO");
    next.kill("SIGTERM");
    expect(await next.exited).toBe(0);
    writeFileSync(socket, "mine");
    expect((await run(compiled, ["serve", ...args])).stderr).toBe(
      `smtpdcheck: Cannot listen on ${socket}: there is a file that is no socket\n`,
    );
    expect(statSync(socket).size).toBe(4);
  });

  test("does not remove a socket that another process has put in place of its own", async () => {
    using scratch = scratchFolder();
    const socket = join(scratch.path, "socket");
    await using first = await startGuard(compiled, ["--policy", `unix:${socket}`]);
    rmSync(socket);
    await using second = await startGuard(compiled, ["--policy", `unix:${socket}`]);
    first.kill("SIGTERM");
    expect(await first.exited).toBe(0);
    using client = await policyClient(socket);
    expect(await client.ask("user@")).toBe("DUNNO");
    second.kill("SIGTERM");
    expect(await second.exited).toBe(0);
    expect(existsSync(socket)).toBe(false);
  });

  test("serves clients though there are few descriptors", async () => {
    using dns = await fakeNameServer(ZONE);
    using mx1 = primary();
    await using guard = await startGuard(
      compiled,
      ["--policy", "unix:SOCKET", ...probing(dns.address, mx1.port)],
      {
        under: ["prlimit", "--nofile=16"],
      },
    );
    const socket = join(guard.folder, "socket");
    for (let at = 0; at < 30; at += 1) {
      const client = await policyClient(socket);
      const action = await client.ask("user@example.test");
      expect([PLEASE, "DUNNO"]).toContain(action);
    }
    using client = await policyClient(socket);
    expect(await client.ask("user@example.test")).toBe(PLEASE);
  });

  test.each<[string, readonly string[], string]>([
    ["nothing to serve", [], "Nothing to serve"],
    ["an address that is none", ["--policy", "tcp:1"], '"tcp:1"'],
    ["stdio beside another", ["--policy", "stdio", "--policy", "inet:127.0.0.1:0"], "stdio"],
    ["an operand", ["--policy", "inet:127.0.0.1:0", "mx1"], '"mx1"'],
    ["an unknown option", ["--polcy", "x"], '"--polcy"'],
    ["a file that is not there", ["--policy", "inet:127.0.0.1:0", "--allow", "/nowhere"], "/nowhere"],
    ["a port that cannot be had", ["--policy", "inet:192.0.2.1:25"], "192.0.2.1:25"],
    [
      "an owner that does not exist",
      ["--policy", "unix:/tmp/smtpdcheck-none?owner=nobody-of-that-name"],
      "nobody-of-that-name",
    ],
    ["a folder that does not exist", ["--policy", "unix:/nowhere/socket"], "/nowhere/socket"],
  ])("ends with 2 and one line for %s", async (_, args, named) => {
    const ran = await run(compiled, ["serve", ...args]);
    expect(ran.status).toBe(2);
    expect(ran.stderr).toMatch(/^smtpdcheck: [^\n]*\n$/);
    expect(ran.stderr).toContain(named);
  });

  test("reads options from a file, which the command line goes before, and only checks them when told to", async () => {
    using scratch = scratchFolder();
    const file = join(scratch.path, "guard.toml");
    writeFileSync(
      file,
      'policy = "inet:127.0.0.1:0"\nrelent = 0.5\nstop-self = true\nstop = ["mx2.example.test"]\n',
    );
    const check = (...args: readonly string[]) =>
      run(compiled, ["serve", "--config", file, "--check-config", ...args]);
    expect(await check()).toEqual({ status: 0, stdout: "The configuration is all right.\n", stderr: "" });
    expect((await check("--relent", "x")).stderr).toContain('"x" as --relent');
    writeFileSync(file, 'policy = "inet:127.0.0.1:0"\n\nrelnt = 5\n');
    expect(await check()).toMatchObject({ status: 2, stderr: expect.stringMatching(/"relnt".*line 3/) });
    writeFileSync(file, 'policy = "inet:127.0.0.1:0"\nrelent = "5"\n');
    expect(await check()).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/relent: want a number .*line 2/),
    });
  });
});

function portOf(line: string): number {
  return Number(/address=127\.0\.0\.1:(\d+)/.exec(line)?.[1]);
}
