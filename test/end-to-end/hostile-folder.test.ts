import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GREETS } from "../fake/scripts.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
import { type Command, compiled, PATIENCE_MS, run } from "./command.ts";

setDefaultTimeout(PATIENCE_MS);

const INTRUDER = `
  console.log("intruder");
  require("node:fs").writeFileSync("intruder-was-here", process.env.INTRUDER ?? "");
`;

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "smtpdcheck-hostile-"));
  await Promise.all([
    Bun.write(
      join(folder, "bunfig.toml"),
      'preload = ["./intruder.ts"]\n[run]\npreload = ["./intruder.ts"]\n',
    ),
    Bun.write(join(folder, "intruder.ts"), INTRUDER),
    Bun.write(
      join(folder, ".env"),
      'INTRUDER=yes\nBUN_OPTIONS="--preload ./intruder.ts"\nNODE_OPTIONS="--require ./intruder.ts"\n',
    ),
    Bun.write(
      join(folder, "package.json"),
      '{ "type": "commonjs", "imports": { "citty": "./intruder.ts" } }',
    ),
    Bun.write(
      join(folder, "tsconfig.json"),
      '{ "compilerOptions": { "paths": { "*": ["./intruder.ts"] } } }',
    ),
    Bun.write(join(folder, "node_modules/citty/index.js"), INTRUDER),
  ]);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function intruderRan(): Promise<boolean> {
  const trace = Bun.file(join(folder, "intruder-was-here"));
  const ran = await trace.exists();
  if (ran) await trace.delete();
  return ran;
}

test("the hostile folder does intrude on Bun itself", async () => {
  const bun: Command = { name: "bun", argv: [process.execPath, "-e", "0"] };
  expect(await run(bun, [], { cwd: folder })).toMatchObject({ stdout: expect.stringContaining("intruder") });
  expect(await intruderRan()).toBe(true);
});

test("smtpdcheck compiled runs nothing of a hostile folder", async () => {
  using server = fakeSmtpServer(GREETS);
  const ran = await run(compiled, [`127.0.0.1:${server.port}`], { cwd: folder });
  expect(ran).toEqual({ status: 1, stdout: "127.0.0.1\n", stderr: "" });
  expect(await run(compiled, ["--timeout", "x", "a"], { cwd: folder })).toMatchObject({
    status: 2,
    stdout: "",
  });
  expect(await intruderRan()).toBe(false);
});
