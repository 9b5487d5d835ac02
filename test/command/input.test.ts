import { expect, test } from "bun:test";
import { join } from "node:path";
import { InputError, readFirstLine, readInput } from "../../src/command/input.ts";
import { makeFolder } from "../cache/sqlite/fixtures.ts";

test("readInput() reads a file whole, and no more than is allowed", async () => {
  using folder = makeFolder();
  const path = join(folder.path, "secret");
  await Bun.write(path, "pässword\n");
  expect(await readInput(path, "the password", 100)).toBe("pässword\n");
  await expect(readInput(path, "the password", 4)).rejects.toThrow(
    new InputError(`Cannot read the password from ${path}: it is too large`),
  );
});

test("readInput() gives up on an input without an end", () => {
  expect(readInput("/dev/zero", "the password", 1_000)).rejects.toThrow("it is too large");
});

test("readInput() says what is wrong in one line", () => {
  expect(readInput("/nowhere/\u001b[31m", "the password", 9)).rejects.toThrow(
    /^Cannot read the password from \/nowhere\/\\x1b\[31m: [^\n]+$/,
  );
});

test("readFirstLine() reads a line without its end and a byte order mark, and no more", async () => {
  using folder = makeFolder();
  const path = join(folder.path, "secret");
  await Bun.write(path, "\ufeffpässword \r\nsecond\n");
  expect(await readFirstLine(path, "the password", 100)).toBe("pässword ");
  await Bun.write(path, "word");
  expect(await readFirstLine(path, "the password", 100)).toBe("word");
});

test("readFirstLine() refuses what is not UTF-8, which would be sent as something else", async () => {
  using folder = makeFolder();
  const path = join(folder.path, "secret");
  await Bun.write(path, Uint8Array.of(0x70, 0xe4, 0x0a));
  await expect(readFirstLine(path, "the password", 100)).rejects.toThrow(
    new InputError(`Cannot read the password from ${path}: it is not UTF-8`),
  );
});

test("readFirstLine() does not wait for more than a line of standard input", async () => {
  const script =
    'import { readFirstLine } from "./src/command/input.ts"; await Bun.write(Bun.stdout, await readFirstLine("-", "it", 99)); process.exit(0)';
  const child = Bun.spawn([process.execPath, "-e", script], {
    stdin: "pipe",
    stdout: "pipe",
    cwd: join(import.meta.dir, "../.."),
  });
  child.stdin.write("word\n");
  child.stdin.flush();
  expect(await new Response(child.stdout).text()).toBe("word");
});
