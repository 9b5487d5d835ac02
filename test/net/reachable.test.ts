import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { reach } from "../../src/net/reachable.ts";
import { blackhole, refusedPort } from "../fake/dead-port.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";

const PATIENT_MS = 20_000;
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "smtpdcheck-reachable-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("reach()", () => {
  test("is null where somebody listens", async () => {
    using server = fakeSmtpServer("");
    expect(await reach({ address: "127.0.0.1", port: server.port }, PATIENT_MS)).toBeNull();
  });

  test("is null for a unix socket on which somebody listens", async () => {
    const path = join(folder, "here");
    const listener = Bun.listen({ unix: path, socket: { data() {} } });
    expect(await reach({ address: `unix:${path}`, port: 0 }, PATIENT_MS)).toBeNull();
    listener.stop(true);
  });

  test("says that a port refuses", async () => {
    using dead = refusedPort();
    expect(await reach({ address: "127.0.0.1", port: dead.port }, PATIENT_MS)).toEqual({ kind: "refused" });
  });

  test("says that a unix socket is not there", async () => {
    const failure = await reach({ address: `unix:${join(folder, "nowhere")}`, port: 0 }, PATIENT_MS);
    expect(failure).toEqual({ kind: "unreachable", cause: "ENOENT" });
  });

  test("says that nobody answered in time", async () => {
    using hole = blackhole();
    expect(await reach({ address: "127.0.0.1", port: hole.port }, 50)).toEqual({
      kind: "timed-out",
      stage: "connect",
    });
  });
});
