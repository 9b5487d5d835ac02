import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Folder, makeFolder, runSql } from "../cache/sqlite/fixtures.ts";
import { refusedPort } from "../fake/dead-port.ts";
import { fakeRedisListener } from "../fake/redis-listener.ts";
import { BUSY, GREETS, SILENT } from "../fake/scripts.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
import { bareEnvironment, commands, compiled, PATIENCE_MS, run } from "./command.ts";
import { readReport } from "./read-report.ts";
import { serversOnOnePort } from "./servers-on-one-port.ts";
import { start } from "./under-way.ts";

setDefaultTimeout(PATIENCE_MS);

const [UP, DOWN] = ["127.0.0.12", "127.0.0.11"] as const;

/** Makes something of the cache's path that cannot be used; resolves to where it is. */
type Spoil = (folder: Folder) => string;

const spoilt: readonly (readonly [what: string, spoil: Spoil])[] = [
  ["a folder", ({ path }) => path],
  ["a file of something else", spoilWith("root: postmaster@example.test\n".repeat(99))],
  ["a short file of something else", spoilWith("x")],
  [
    "a database of another program",
    (folder) => sql(folder, "CREATE TABLE mail (id); PRAGMA user_version = 1"),
  ],
  ["a cache of a newer layout", (folder) => sql(folder, "PRAGMA user_version = 99", ours)],
  [
    "a symbolic link to nothing",
    ({ cache, path }) => {
      symlinkSync(join(path, "nothing"), cache);
      return cache;
    },
  ],
  ["a file that others may write", othersMayWrite((path) => path)],
  ["a file beside a log that others may write", othersMayWrite((path) => `${path}-wal`)],
  [
    "a symbolic link to a cache",
    ({ cache, path }) => {
      ours(join(path, "target"));
      symlinkSync(join(path, "target"), cache);
      return cache;
    },
  ],
  [
    "below a file",
    ({ cache }) => {
      writeFileSync(cache, "x");
      return join(cache, "cache.db");
    },
  ],
  ["in a folder that cannot be made", () => "/proc/smtpdcheck/cache.db"],
];

const unreachable: readonly (readonly [what: string, open: () => Disposable & { readonly url: string }])[] = [
  ["a Redis URL where nobody is", () => withUrl(refusedPort())],
  ["a Redis URL where nobody answers", () => withUrl(fakeSmtpServer(SILENT))],
  ["a Redis URL where a mail server is", () => withUrl(fakeSmtpServer(GREETS))],
  ["a Redis server that refuses", () => fakeRedisListener({ MGET: "-NOAUTH Authentication required.\r\n" })],
  ["a Redis server that falls silent", () => fakeRedisListener({})],
  [
    "a Redis server at 100 ms a reply",
    () => fakeRedisListener({ MGET: "*1\r\n$-1\r\n", EVAL: "(owner)", SET: "+OK\r\n" }, 100),
  ],
  ["a Redis server that hangs up", () => fakeRedisListener({ MGET: "(close)" })],
  [
    "a Redis server that is full",
    () => fakeRedisListener({ MGET: "*1\r\n$-1\r\n", EVAL: "-OOM command not allowed\r\n" }),
  ],
];

function withUrl(server: Disposable & { readonly port: number }) {
  return {
    url: `redis://:secret@127.0.0.1:${server.port}`,
    [Symbol.dispose]: () => server[Symbol.dispose](),
  };
}

function spoilWith(text: string): Spoil {
  return ({ cache }) => {
    writeFileSync(cache, text);
    return cache;
  };
}

function othersMayWrite(which: (path: string) => string): Spoil {
  return ({ cache }) => {
    ours(cache);
    writeFileSync(which(cache), "", { flag: "a" });
    chmodSync(which(cache), 0o666);
    return cache;
  };
}

function sql({ cache }: Folder, statements: string, prepare: (path: string) => void = () => {}): string {
  prepare(cache);
  runSql(cache, statements);
  return cache;
}

/** Lets the program make a cache of its own. */
function ours(path: string): void {
  const { exitCode } = Bun.spawnSync([...compiled.argv, "--cache", path, "127.0.0.1:1"], {
    env: bareEnvironment,
  });
  expect(exitCode).toBe(0);
}

/** Asks for several servers, each of which would be a question to the cache. */
async function ask(location: string, command = compiled) {
  using servers = serversOnOnePort({ [DOWN]: BUSY, [UP]: GREETS });
  const args = ["--format", "json", "--timeout", "5", "--cache", location, "-p", String(servers.port)];
  const ran = await run(command, [...args, DOWN, UP, "127.0.0.13"]);
  const report = readReport(ran.stdout);
  const told = report.servers.map(({ reason, cached }) => (cached ? `${reason}, cached` : reason));
  return { status: ran.status, server: report.server, told, stderr: ran.stderr };
}

const TRUTH = { status: 1, server: UP, told: ["busy", "greeted", "refused"] };
const ONE_WARNING = /^smtpdcheck: Cannot use the cache [^\n]+; probing without it\n$/;

describe.each(commands)("smtpdcheck $name", (command) => {
  test.concurrent("answers all the same, with one warning, when the cache is a folder", async () => {
    using folder = makeFolder();
    using up = fakeSmtpServer(GREETS);
    const ran = await run(command, ["--cache", folder.path, `127.0.0.1:${up.port}`]);
    expect(ran).toEqual({ status: 1, stdout: "127.0.0.1\n", stderr: expect.stringMatching(ONE_WARNING) });
    expect(ran.stderr).toContain(folder.path);
  });
});

describe("smtpdcheck answers all the same, with one warning, when the cache is", () => {
  test.concurrent.each(spoilt)("%s", async (_, spoil) => {
    using folder = makeFolder();
    const location = spoil(folder);
    const before = folder.names().map((name) => [name, contentsOf(join(folder.path, name))]);
    expect(await ask(location)).toEqual({ ...TRUTH, stderr: expect.stringMatching(ONE_WARNING) });
    expect(folder.names().map((name) => [name, contentsOf(join(folder.path, name))])).toEqual(before);
  });

  test.concurrent.each(unreachable)("%s", async (_, open) => {
    using server = open();
    const startedAtMs = performance.now();
    const answered = await ask(server.url);
    expect(answered).toEqual({ ...TRUTH, stderr: expect.stringMatching(ONE_WARNING) });
    expect(answered.stderr).not.toContain("secret");
    expect(performance.now() - startedAtMs).toBeLessThan(4_000);
  });
});

describe("smtpdcheck with a damaged cache", () => {
  test.concurrent.each([
    ["cut short", (octets: Buffer) => octets.subarray(0, 5_000)],
    [
      "overwritten behind its header",
      (octets: Buffer) => Buffer.concat([octets.subarray(0, 100), octets.subarray(100).fill(0xa5)]),
    ],
    ["of which only the header is left", (octets: Buffer) => octets.subarray(0, 100)],
  ])("replaces one that is %s", async (_, damage) => {
    using folder = makeFolder();
    ours(folder.cache);
    writeFileSync(folder.cache, damage(readFileSync(folder.cache)));
    expect(await ask(folder.cache)).toEqual({
      ...TRUTH,
      stderr: `smtpdcheck: The cache ${folder.cache} was damaged, and has been replaced\n`,
    });
    const list = await run(compiled, ["cache", "--format", "json", "--cache", folder.cache]);
    expect(list).toMatchObject({ status: 0, stderr: "" });
    expect(JSON.parse(list.stdout).kept).toHaveLength(3);
    expect(folder.names()).toEqual(["cache.db"]);
  });

  test.concurrent("takes no notice of what could not have been kept", async () => {
    using folder = makeFolder();
    using up = fakeSmtpServer(GREETS);
    const args = ["--cache", folder.cache, `127.0.0.1:${up.port}`];
    await run(compiled, args);
    for (const nonsense of [`'nonsense'`, `'{"kind":"no-resources","cause":"EMFILE"}'`, `x'ff'`, "1"]) {
      runSql(folder.cache, `UPDATE kept SET outcome = ${nonsense}`);
      expect(await run(compiled, args)).toEqual({ status: 1, stdout: "127.0.0.1\n", stderr: "" });
    }
    expect(up.connectionCount).toBe(5);
  });
});

describe("smtpdcheck with a cache location that cannot be read", () => {
  test.concurrent.each([
    ["http://192.0.2.1/"],
    ["redis://"],
    ["redis://:secret@127.0.0.1:port"],
    ["redis://127.0.0.1/name"],
    ["redis+unix://"],
  ])("%s exits 2 with one line", async (location) => {
    const ran = await run(compiled, ["--cache", location, "127.0.0.1:1"]);
    expect(ran).toEqual({
      status: 2,
      stdout: "",
      stderr: expect.stringMatching(/^smtpdcheck: Cannot read [^\n]+\n$/),
    });
    expect(ran.stderr).not.toContain("secret");
  });
});

test.concurrent("smtpdcheck answers though every file of its cache is cut short while it is in use", async () => {
  using folder = makeFolder();
  using silent = fakeSmtpServer(SILENT);
  const args = ["-v", "--timeout", "1", "--cache", folder.cache, `127.0.0.1:${silent.port}`];
  await using asking = start(compiled, args);
  await silent.saw("");
  for (const name of folder.names()) truncateSync(join(folder.path, name), 0);
  const { status, stderr } = await asking.ended;
  expect(stderr).toContain("timed out in greeting");
  expect(status).toBe(0);
});

test.concurrent("a warning does not get into what a monitor reads", async () => {
  using folder = makeFolder();
  using up = fakeSmtpServer(GREETS);
  const ran = await run(compiled, ["--format", "nagios", "--cache", folder.path, `127.0.0.1:${up.port}`]);
  expect(ran).toMatchObject({ status: 0, stderr: expect.stringMatching(ONE_WARNING) });
  expect(ran.stdout).toStartWith("SMTPDCHECK OK - ");
});

function contentsOf(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
