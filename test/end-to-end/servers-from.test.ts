import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GREETS } from "../fake/scripts.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
import { commands, compiled, PATIENCE_MS, run } from "./command.ts";

setDefaultTimeout(PATIENCE_MS);

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "smtpdcheck-servers-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe.each(commands)("smtpdcheck $name --servers-from", (command) => {
  test.concurrent("reads a file, standard input, and a pipe that has a name", async () => {
    using server = fakeSmtpServer(GREETS);
    const list = `# mine\n127.0.0.9:1\n\n10:127.0.0.1:${server.port} # up\n`;
    const path = join(folder, `${command.name}.txt`);
    await Bun.write(path, list);
    const found = { status: 1, stdout: "127.0.0.1\n", stderr: "" };
    expect(await run(command, ["--servers-from", path])).toEqual(found);
    expect(await run(command, ["--servers-from", "-"], { stdin: list })).toEqual(found);
    const under = ["bash", "-c", `"$@" --servers-from <(cat "${path}")`, "bash"];
    expect(await run(command, [], { under })).toEqual(found);
  });

  test.concurrent("puts the servers named in front", async () => {
    using named = fakeSmtpServer(GREETS);
    using listed = fakeSmtpServer(GREETS);
    const args = ["--servers-from", "-", "--require", "all", `localhost:${named.port}`];
    const ran = await run(command, args, { stdin: `127.0.0.1:${listed.port}\n` });
    expect(ran).toEqual({ status: 0, stdout: "localhost\n", stderr: "" });
  });

  test.concurrent("waits for a standard input that does not block", async () => {
    using server = fakeSmtpServer(GREETS);
    const feed = `import os, fcntl, subprocess, sys, time
r, w = os.pipe(); fcntl.fcntl(r, fcntl.F_SETFL, os.O_NONBLOCK)
child = subprocess.Popen(sys.argv[1:], stdin=r)
time.sleep(0.3); os.write(w, b"127.0.0.1:${server.port}\\n"); os.close(w); sys.exit(child.wait())`;
    const under = ["python3", "-c", feed];
    const ran = await run(command, ["--require", "all", "--servers-from", "-"], { under });
    expect(ran).toEqual({ status: 0, stdout: "127.0.0.1\n", stderr: "" });
  });

  test.concurrent.each([
    ["a bad line", "mx1.test\nmx2.test:0\n", 'Line 2 of standard input: Cannot read "0" as a port'],
    ["nothing", "# nothing\n", "No server given: want at least one"],
  ])("exits 2 for %s", async (_, stdin, message) => {
    const { status, stdout, stderr } = await run(command, ["--servers-from", "-"], { stdin });
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toStartWith(`smtpdcheck: ${message}`);
    expect(stderr).toMatch(/^[^\n]+\n$/);
  });
});

test("smtpdcheck compiled --servers-from probes more servers than a command line holds", async () => {
  using server = fakeSmtpServer(GREETS);
  const dead = Array.from({ length: 20_000 }, (_, at) => `127.1.${at >> 8}.${at & 255}:1`);
  const stdin = [...dead, `127.0.0.1:${server.port}`].join("\n");
  const args = ["--servers-from", "-", "--timeout", "60"];
  expect(await run(compiled, args, { stdin })).toEqual({ status: 1, stdout: "127.0.0.1\n", stderr: "" });
});
