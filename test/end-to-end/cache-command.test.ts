import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { makeFolder } from "../cache/sqlite/fixtures.ts";
import { fakeNameServer } from "../fake/name-server.ts";
import { BUSY, GREETS } from "../fake/scripts.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
import { commands, compiled, PATIENCE_MS, run } from "./command.ts";
import { serversOnOnePort } from "./servers-on-one-port.ts";

setDefaultTimeout(PATIENCE_MS);

const [UP, DOWN] = ["127.0.0.12", "127.0.0.11"] as const;
const HEADER = "SERVER  PORT  FAMILY  ASKED  STATUS  AGE  LEFT  WHY\n";

/** A cache that knows one server that is up and one that is down, both on one port. */
async function filledCache() {
  const folder = makeFolder();
  using servers = serversOnOnePort({ [DOWN]: BUSY, [UP]: GREETS });
  const args = ["--cache", folder.cache, "-p", String(servers.port)];
  await run(compiled, ["--format", "json", ...args, UP, DOWN]);
  await run(compiled, ["-4", ...args, DOWN]);
  expect(servers.connectionCounts).toEqual([2, 1]);
  return { ...folder, port: servers.port };
}

describe.each(commands)("smtpdcheck $name cache", (command) => {
  test.concurrent("lists what is kept", async () => {
    using folder = await filledCache();
    const ran = await run(command, ["cache", "--cache", folder.cache]);
    expect(ran).toMatchObject({ status: 0, stderr: "" });
    const lines = ran.stdout.trimEnd().split("\n");
    expect(lines.map((line) => line.replace(/\d+ s /g, "N s ").split(/ {2,}/))).toEqual([
      ["SERVER", "PORT", "FAMILY", "ASKED", "STATUS", "AGE", "LEFT", "WHY"],
      [
        DOWN,
        `${folder.port}`,
        "any",
        "greeting",
        "unavailable",
        "N s",
        "N s",
        `${DOWN} is busy: "421 4.7.0 too busy"`,
      ],
      [
        DOWN,
        `${folder.port}`,
        "IPv4",
        "greeting",
        "unavailable",
        "N s",
        "N s",
        `${DOWN} is busy: "421 4.7.0 too busy"`,
      ],
      [
        UP,
        `${folder.port}`,
        "any",
        "greeting",
        "available",
        "N s",
        "N s",
        `${UP} said "220 mx.example.test ESMTP"`,
      ],
    ]);
  });

  test.concurrent("clear forgets it, or that of some servers", async () => {
    using folder = await filledCache();
    const clear = async (...servers: readonly string[]) => {
      const ran = await run(command, ["cache", "clear", "--cache", folder.cache, ...servers]);
      expect(ran).toMatchObject({ status: 0, stderr: "" });
      return ran.stdout;
    };
    expect(await clear("127.0.0.99", `${DOWN}:1`)).toBe("0 forgotten\n");
    expect(await clear(`20:${DOWN}:${folder.port}`)).toBe("2 forgotten\n");
    expect(await clear(UP)).toBe("1 forgotten\n");
    expect(await clear()).toBe("0 forgotten\n");
    expect((await run(command, ["cache", "--cache", folder.cache])).stdout).toBe(HEADER);
  });
});

describe("smtpdcheck cache", () => {
  test.concurrent("--format json lists what is kept on one line", async () => {
    using folder = await filledCache();
    const ran = await run(compiled, ["--format", "json", "--cache", folder.cache, "cache"]);
    expect(ran).toMatchObject({ status: 0, stderr: "" });
    expect(ran.stdout).toMatch(/^\{"version":1,"kept":\[[^\n]+\]\}\n$/);
    expect(JSON.parse(ran.stdout).kept).toMatchObject([
      { host: DOWN, port: folder.port, family: null, status: "unavailable", reason: "busy", code: 421 },
      { host: DOWN, port: folder.port, family: 4, status: "unavailable", reply: "421 4.7.0 too busy" },
      { host: UP, port: folder.port, family: null, status: "available", reason: "greeted", address: UP },
    ]);
  });

  test.concurrent("finds nothing where there is no cache yet, and makes none", async () => {
    using folder = makeFolder();
    const path = join(folder.path, "a/b/cache.db");
    expect(await run(compiled, ["cache", "--cache", path])).toEqual({
      status: 0,
      stdout: HEADER,
      stderr: "",
    });
    expect(await run(compiled, ["cache", "clear", "--cache", path])).toMatchObject({
      stdout: "0 forgotten\n",
    });
    const ran = await run(compiled, ["cache", "--format=json", "--cache", path]);
    expect(JSON.parse(ran.stdout)).toEqual({ version: 1, kept: [] });
    expect(folder.names()).toEqual([]);
  });

  test.concurrent("asks a server again that was cleared", async () => {
    using folder = makeFolder();
    using up = fakeSmtpServer(GREETS);
    const target = `127.0.0.1:${up.port}`;
    const args = ["--cache", folder.cache];
    await run(compiled, [...args, target]);
    await run(compiled, ["cache", "clear", ...args, target]);
    expect(await run(compiled, [...args, target])).toMatchObject({ status: 1 });
    expect(up.connectionCount).toBe(2);
  });

  test.concurrent.each([
    ["no location", ["cache"], "--cache LOCATION"],
    ["no location to clear", ["cache", "clear"], "--cache LOCATION"],
    ["--no-cache", ["cache", "--no-cache", "--cache", "cache.db"], "--cache LOCATION"],
    ["an unknown command", ["cache", "forget", "--cache", "cache.db"], '"forget"'],
    ["what is no server", ["cache", "clear", "--cache", "cache.db", "a b!"], '"b!"'],
    ["a URL of another kind", ["cache", "--cache", "http://192.0.2.1/"], '"http://192.0.2.1/"'],
    ["a folder", ["cache", "--cache", "src"], "src"],
    ["a file of something else", ["cache", "--cache", "LICENSE"], "LICENSE"],
    ["nobody at the URL", ["cache", "clear", "--cache", "redis://127.0.0.1:1"], "redis://127.0.0.1:1"],
  ] as const)("exits 2 for %s", async (_, args, quoted) => {
    const ran = await run(compiled, args);
    expect(ran).toEqual({ status: 2, stdout: "", stderr: expect.stringMatching(/^smtpdcheck: [^\n]+\n$/) });
    expect(ran.stderr).toContain(quoted);
  });

  test.concurrent("leaves servers of that name alone", async () => {
    using dns = await fakeNameServer({ cache: { A: [UP] } });
    using up = fakeSmtpServer(GREETS, { hostname: UP });
    const args = ["--dns", dns.address, "-p", String(up.port)];
    expect(await run(compiled, [...args, "cache."])).toEqual({ status: 1, stdout: "cache.\n", stderr: "" });
    expect(await run(compiled, [...args, "0:cache"])).toEqual({ status: 1, stdout: "cache\n", stderr: "" });
    expect(await run(compiled, [...args, "cache:"])).toMatchObject({ status: 2, stdout: "" });
    expect(await run(compiled, [...args, `${DOWN},cache`])).toMatchObject({ status: 1, stdout: "cache\n" });
    expect(up.connectionCount).toBe(3);
  });
});

describe("smtpdcheck with SMTPDCHECK_CACHE", () => {
  test.concurrent.each([
    ["uses it", [], "env.db", ["env.db"]],
    ["does not use it with --no-cache", ["--no-cache"], "env.db", []],
    ["uses --cache instead", ["--cache", "option.db"], "env.db", ["option.db"]],
    ["uses the last --cache", ["--cache", "a.db", "--cache=b.db"], "env.db", ["b.db"]],
    ["uses none with --no-cache and --cache", ["--cache", "option.db", "--no-cache"], "env.db", []],
    ["uses none when it is empty", [], "", []],
  ] as const)("%s", async (_, options, location, files) => {
    using folder = makeFolder();
    using up = fakeSmtpServer(GREETS);
    const env = { SMTPDCHECK_CACHE: location };
    const ran = await run(compiled, [...options, `127.0.0.1:${up.port}`], { env, cwd: folder.path });
    expect(ran).toEqual({ status: 1, stdout: "127.0.0.1\n", stderr: "" });
    expect(folder.names()).toEqual([...files]);
  });

  test.concurrent("lists and clears it", async () => {
    using folder = await filledCache();
    const env = { SMTPDCHECK_CACHE: folder.cache };
    const { kept } = JSON.parse((await run(compiled, ["cache", "--format", "json"], { env })).stdout);
    expect(kept).toHaveLength(3);
    expect(await run(compiled, ["cache", "clear"], { env })).toMatchObject({ stdout: "3 forgotten\n" });
  });
});
