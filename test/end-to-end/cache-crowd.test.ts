import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { makeFolder } from "../cache/sqlite/fixtures.ts";
import { GREETS, SILENT } from "../fake/scripts.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
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
  for (const { stderr } of all) expect(stderr).toMatch(/^127\.0\.0\.1:\d+: unavailable: .*timed out in /);
  expect(connections).toBeWithin(1, 4);
});

test("forty processes at once for one slow server open about one connection", async () => {
  const { all, connections } = await crowd(`(wait 500ms)\n${GREETS}`, "12");
  expect(new Set(all.map(({ status, stdout }) => `${status} ${stdout}`))).toEqual(new Set(["1 127.0.0.1\n"]));
  expect(connections).toBeWithin(1, 4);
  expect(all.filter(isCached).length).toBeGreaterThanOrEqual(CROWD - connections);
});

test("when the one that probes is killed, another takes over", async () => {
  using folder = makeFolder();
  using server = fakeSmtpServer(SILENT);
  const args = ["-v", "--cache", folder.cache, "--timeout", "1", `127.0.0.1:${server.port}`];
  await using holder = start(compiled, args);
  await server.saw("");
  const others = Array.from({ length: 4 }, () => run(compiled, args));
  holder.kill();
  await holder.ended;
  const all = await Promise.all(others);
  expect(all.map(({ status }) => status)).toEqual([0, 0, 0, 0]);
  expect(server.connectionCount).toBe(2);
});

test("who waits for one that dies takes no longer than its own timeout all the same", async () => {
  using folder = makeFolder();
  using server = fakeSmtpServer(SILENT);
  const args = ["-v", "--cache", folder.cache, `127.0.0.1:${server.port}`];
  await using holder = start(compiled, ["--timeout", "14", ...args]);
  await server.saw("");
  const startedAtMs = performance.now();
  const waiting = run(compiled, ["--timeout", "2", ...args]);
  await Bun.sleep(1_300);
  holder.kill();
  const { status, stderr } = await waiting;
  expect([status, performance.now() - startedAtMs < 3_600]).toEqual([0, true]);
  expect(stderr).toContain(": unavailable: ");
});

test("nobody waits for another's probe longer than its own timeout", async () => {
  using folder = makeFolder();
  using server = fakeSmtpServer(SILENT);
  const args = ["--cache", folder.cache, `127.0.0.1:${server.port}`];
  await using _holder = start(compiled, ["--timeout", "14", ...args]);
  await server.saw("");
  const startedAtMs = performance.now();
  const ran = await run(compiled, ["-v", "--timeout", "0.5", ...args]);
  expect(ran).toMatchObject({ status: 0, stdout: "" });
  expect(ran.stderr).toMatch(/^127\.0\.0\.1:\d+: unavailable: (?:127\.0\.0\.1 )?timed out in connect\n$/);
  expect(performance.now() - startedAtMs).toBeLessThan(4_000);
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
