import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lookAtSocket } from "../../../src/guard/doctor/socket-sight.ts";
import { refusedPort } from "../../fake/dead-port.ts";
import { fakeSmtpServer } from "../../fake/smtp-server.ts";

let folder = "";
let listener: Bun.UnixSocketListener<undefined> | undefined;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "smtpdcheck-sight-"));
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, "shut"), { mode: 0o700 });
  listener = Bun.listen({ unix: join(folder, "shut/socket"), socket: { data() {} } });
  writeFileSync(join(folder, "file"), "");
});
afterAll(() => {
  listener?.stop(true);
  rmSync(folder, { recursive: true });
});

describe("lookAtSocket() of a path", () => {
  const lookAt = (path: string, owner = "no-such-user") =>
    lookAtSocket({ kind: "unix", path }, folder, owner);

  test("below the queue directory and absolute, sees that somebody listens", async () => {
    const seen = { state: "listening", obstacle: null } as const;
    expect(await lookAt("shut/socket")).toEqual(seen);
    expect(await lookAt(join(folder, "shut/socket"))).toEqual(seen);
  });

  test("sees what keeps Postfix's user from it", async () => {
    const { obstacle } = await lookAt("shut/socket", "nobody");
    expect(obstacle).toMatch(/\/shut has mode 0700, .* nobody \(\d+\) may not search it/);
    expect(await lookAt("shut/socket", "root")).toEqual({ state: "listening", obstacle: null });
  });

  test("sees that there is none, or something else", async () => {
    expect(await lookAt("nowhere")).toEqual({ state: "missing", obstacle: null });
    expect(await lookAt("file/socket")).toEqual({ state: "missing", obstacle: null });
    expect(await lookAt("file")).toEqual({ state: "no-socket", obstacle: null });
  });
});

describe("lookAtSocket() of a port", () => {
  const lookAt = (host: string, port: number | string) =>
    lookAtSocket({ kind: "inet", host, port: String(port) }, folder, "nobody");

  test("sees that somebody listens, by name too", async () => {
    using server = fakeSmtpServer("");
    expect(await lookAt("127.0.0.1", server.port)).toEqual({ state: "listening", obstacle: null });
    expect(await lookAt("localhost", server.port)).toEqual({ state: "listening", obstacle: null });
  });

  test("sees that nobody does", async () => {
    using dead = refusedPort();
    expect(await lookAt("127.0.0.1", dead.port)).toEqual({ state: "deaf", cause: "refused", obstacle: null });
  });

  test("cannot tell of a port that is no number", async () => {
    expect(await lookAt("127.0.0.1", "policy")).toMatchObject({
      state: "unknown",
      cause: '"policy" is no number',
    });
  });
});
