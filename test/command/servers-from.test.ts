import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readServersFrom } from "../../src/command/servers-from.ts";
import { UsageError } from "../../src/text/errors.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "smtpdcheck-servers-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(...contents: readonly (string | Uint8Array)[]): Promise<readonly string[]> {
  const paths = await Promise.all(
    contents.map(async (content, at) => {
      const path = join(folder, `${at}.txt`);
      await Bun.write(path, content);
      return path;
    }),
  );
  return readServersFrom(paths);
}

describe("readServersFrom()", () => {
  test.each<[string, string, readonly string[]]>([
    ["a server a line", "10:mx1.test\n20:mx2.test:2525\n", ["10:mx1.test", "20:mx2.test:2525"]],
    ["a last line without an end", "mx1.test\nmx2.test", ["mx1.test", "mx2.test"]],
    [
      "several a line, as in one argument",
      "mx1.test, mx2.test\tmx3.test\n",
      ["mx1.test, mx2.test\tmx3.test"],
    ],
    ["comments and blank lines", "# mine\n\n  \nmx1.test # the first\n#mx2.test", ["mx1.test"]],
    ["line ends of another system", "mx1.test\r\n\r\nmx2.test\r\n", ["mx1.test", "mx2.test"]],
    ["a byte order mark", "\ufeffmx1.test\n", ["mx1.test"]],
    ["letters beyond ASCII", "mx.bücher.test\n", ["mx.bücher.test"]],
    ["nothing", "", []],
  ])("reads %s", async (_, content, servers) => {
    expect(await read(content)).toEqual(servers);
  });

  test("reads file after file", async () => {
    expect(await read("mx1.test", "mx2.test\n")).toEqual(["mx1.test", "mx2.test"]);
  });

  test("reads lines that its chunks cut, wherever", async () => {
    const lines = Array.from({ length: 40_000 }, (_, at) => `${at % 100}:mx.bücher-${at}.test`);
    expect(await read(lines.join("\n"))).toEqual(lines);
  });

  test("reads a letter of two octets that a chunk cuts", async () => {
    const line = `mx.b${"x".repeat(60)}.test`;
    const many = Array.from({ length: 2_000 }, () => line);
    for (let shift = 0; shift < 2; shift += 1) {
      const padding = "#".repeat(65_535 - shift);
      expect(
        await read(`${padding.slice(0, 60_000)}\n${padding.slice(60_001)}ü\n${many.join("\n")}`),
      ).toEqual(many);
      expect(await read(`${padding.slice(0, 60_000)}\n ${" ".repeat(5_528 + shift)}bücher.test`)).toEqual([
        "bücher.test",
      ]);
    }
  });

  test.each<[string, string | Uint8Array, string]>([
    ["half a letter at its end", Uint8Array.from([109, 120, 0xc3]), "Line 1 of FILE: Cannot read"],
    [
      "no server",
      "mx1.test\n\nmx2.test:99999\n",
      'Line 3 of FILE: Cannot read "99999" as a port: too large, want 1 to 65535',
    ],
    ["octets that are no text", Uint8Array.of(0xff, 0xfe, 10), "Line 1 of FILE: Cannot read"],
    ["a NUL", "mx1.test\nmx\0.test", "Line 2 of FILE: Cannot read"],
    ["no end", "x".repeat(200_000), "Line 1 of FILE: it is too long"],
    ["too many servers", `${"mx.test ".repeat(9_000)}\n`, "Line 1 of FILE: it is too long"],
  ])("says which line has %s", async (_, content, message) => {
    const error = await read(content).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message.replace(join(folder, "0.txt"), "FILE")).toStartWith(message);
  });

  test.each([
    ["is not there", () => join(folder, "nosuch"), "no such file"],
    ["is a folder", () => folder, "a folder, not a file"],
  ])("says that a file %s", async (_, path, why) => {
    const reading = readServersFrom([path()]);
    await expect(reading).rejects.toThrow(`Cannot read servers from ${path()}: ${why}`);
  });
});
