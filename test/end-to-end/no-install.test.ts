import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { cp, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { refusedPort } from "../fake/dead-port.ts";
import { BUSY } from "../fake/scripts.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
import { type Command, PATIENCE_MS, projectFolder, run } from "./command.ts";
import { readReport } from "./read-report.ts";

setDefaultTimeout(PATIENCE_MS);

let folder = "";

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "smtpdcheck-no-install-")));
  for (const name of ["index.ts", "package.json", "bunfig.toml", "src"]) {
    await cp(join(projectFolder, name), join(folder, name), { recursive: true });
  }
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe("smtpdcheck from source, where nothing is installed and no registry answers,", () => {
  const runBare = async (...args: readonly string[]) => {
    using registry = refusedPort();
    const command: Command = { name: "bare", argv: [process.execPath, join(folder, "index.ts")] };
    const env = {
      HOME: folder,
      BUN_INSTALL_CACHE_DIR: join(folder, "cache"),
      BUN_CONFIG_REGISTRY: `http://127.0.0.1:${registry.port}`,
    };
    return await run(command, args, { env });
  };

  test("says what to run for --help", async () => {
    expect(await runBare("--help")).toEqual({
      status: 2,
      stdout: "",
      stderr: `smtpdcheck: Cannot show the options without citty: run "bun install" in ${folder}\n`,
    });
  });

  test("reports all the same", async () => {
    using busy = fakeSmtpServer(BUSY);
    const ran = await runBare("--format", "json", `127.0.0.1:${busy.port}`);
    expect(readReport(ran.stdout).servers[0]?.reason).toBe("busy");
  });
});
