import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { makeFolder } from "../cache/sqlite/fixtures.ts";
import { GREETS, SILENT } from "../fake/scripts.ts";
import { type FakeSmtpServer, fakeSmtpServer } from "../fake/smtp-server.ts";
import { compiled, PATIENCE_MS, type Ran, run } from "./command.ts";
import { start } from "./under-way.ts";

setDefaultTimeout(PATIENCE_MS);

const CROWD = 40;

function isCached({ stderr }: Ran): boolean {
  return /\(cached \d+ s ago\)\n$/.test(stderr);
}

/** Starts so many processes at once, each of which asks for the one server of this script. */
async function crowd(script: string, timeout: string) {
  using folder = makeFolder();
  using server = fakeSmtpServer(script);
  const args = ["-v", "--cache", folder.cache, "--timeout", timeout, `127.0.0.1:${server.port}`];
  const all = await Promise.all(Array.from({ length: CROWD }, () => run(compiled, args)));
  return { all, connections: server.connectionCount };
}

test("forty processes at once for one silent server open about one connection", async () => {
  const { all, connections } = await crowd(SILENT, "1");
  expect(new Set(all.map(({ status, stdout }) => `${status}${stdout}`))).toEqual(new Set(["0"]));
  for (const { stderr } of all)
    expect(stderr).toMatch(/^127\.0\.0\.1:\d+: unavailable: .*timed out (?:in greeting|while another)/);
  expect(connections).toBeWithin(1, 4);
});

test("forty processes at once for one slow server open about one connection", async () => {
  const { all, connections } = await crowd(`(wait 500ms)\n${GREETS}`, "12");
  expect(new Set(all.map(({ status, stdout }) => `${status} ${stdout}`))).toEqual(new Set(["1 127.0.0.1\n"]));
  expect(connections).toBeWithin(1, 4);
  expect(all.filter(isCached).length).toBeGreaterThanOrEqual(CROWD - connections);
});

/** Starts one that finds the server silent, and then others, which wait for its answer. */
async function holderOf(server: FakeSmtpServer, cache: string, timeout: string) {
  const holder = start(compiled, ["--timeout", timeout, "--cache", cache, `127.0.0.1:${server.port}`]);
  await server.saw("");
  const others = (count: number, ...options: string[]) =>
    Array.from({ length: count }, () =>
      timed(() => run(compiled, ["-v", ...options, "--cache", cache, `127.0.0.1:${server.port}`])),
    );
  return {
    others,
    kill: async () => {
      holder.kill();
      await holder.ended;
    },
    [Symbol.asyncDispose]: () => holder[Symbol.asyncDispose](),
  };
}

async function timed(ask: () => Promise<Ran>): Promise<Ran & { readonly elapsedMs: number }> {
  const startedAtMs = performance.now();
  const ran = await ask();
  return { ...ran, elapsedMs: performance.now() - startedAtMs };
}

test("when the one that probes is killed, another takes over", async () => {
  using folder = makeFolder();
  using server = fakeSmtpServer(`(wait 700ms)\n${GREETS}`);
  await using holder = await holderOf(server, folder.cache, "14");
  const others = holder.others(4, "--timeout", "14");
  await holder.kill();
  const all = await Promise.all(others);
  expect(new Set(all.map(({ status, stdout }) => `${status} ${stdout}`))).toEqual(new Set(["1 127.0.0.1\n"]));
  expect(server.connectionCount).toBe(2);
});

test("nobody waits for others longer than its own timeout, whoever is killed meanwhile", async () => {
  using folder = makeFolder();
  using server = fakeSmtpServer(SILENT);
  await using holder = await holderOf(server, folder.cache, "14");
  const others = holder.others(4, "--timeout", "1.5");
  await holder.kill();
  const all = await Promise.all(others);
  for (const { status, stderr, elapsedMs } of all) {
    expect(stderr).toContain(
      "undetermined: could not be probed by this machine: time ran out while other processes asked it\n",
    );
    expect(status).toBe(2);
    expect(elapsedMs).toBeLessThan(2_400);
  }
  expect(server.connectionCount).toBe(2);
});

test.each([
  ["timeout", ["--timeout", "0.5"]],
  ["deadline", ["--timeout", "8", "--deadline", "0.5"]],
])("nobody waits for another's probe longer than its own %s, and says that it waited", async (_, options) => {
  using folder = makeFolder();
  using server = fakeSmtpServer(SILENT);
  await using holder = await holderOf(server, folder.cache, "14");
  const [ran] = await Promise.all(holder.others(1, ...options));
  expect(ran).toMatchObject({ status: 0, stdout: "" });
  expect(ran?.stderr).toMatch(
    /^127\.0\.0\.1:\d+: unavailable: timed out while another process asked it, which was in greeting\n$/,
  );
  expect(ran?.elapsedMs).toBeLessThan(2_000);
  expect(server.connectionCount).toBe(1);
});

test("an answer that was given early leaves nothing locked", async () => {
  using folder = makeFolder();
  using up = fakeSmtpServer(GREETS, { hostname: "127.0.0.11" });
  using silent = fakeSmtpServer(`S| 22`, { hostname: "127.0.0.12" });
  const targets = [`127.0.0.12:${silent.port}`, `127.0.0.11:${up.port}`];
  const ran = await run(compiled, ["--fastest", "--timeout=0", "--cache", folder.cache, ...targets]);
  expect(ran).toEqual({ status: 1, stdout: "127.0.0.11\n", stderr: "" });
  const db = new Database(folder.cache, { readonly: true });
  expect(db.query("SELECT host FROM lease").values()).toEqual([]);
  expect(db.query("SELECT host FROM kept").values()).toEqual([["127.0.0.11"]]);
  db.close();
});
