import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PostconfError, runPostconf } from "../../src/command/postconf.ts";

const { PATH } = process.env;
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "smtpdcheck-postconf-"));
  process.env["PATH"] = `${folder}:${PATH}`;
});
afterAll(() => {
  process.env["PATH"] = PATH;
  rmSync(folder, { recursive: true });
});

function writePostconf(text: string) {
  writeFileSync(join(folder, "postconf"), text);
  chmodSync(join(folder, "postconf"), 0o755);
}

describe("runPostconf()", () => {
  test("is what it prints, without what it complains of", async () => {
    writePostconf('#!/bin/sh\necho "got $1"\necho "postconf: warning: x" >&2\n');
    expect(await runPostconf(["-n"])).toBe("got -n\n");
  });

  test.each([
    [
      "fails",
      "#!/bin/sh\necho 'postconf: fatal: open main.cf' >&2\nexit 1\n",
      "postconf: fatal: open main.cf",
    ],
    ["fails without a word", "#!/bin/sh\nexit 3\n", "exit status 3"],
    ["is no program", "#!/nowhere/at/all\n", ""],
  ])("throws a PostconfError when it %s", async (_, text, said) => {
    writePostconf(text);
    const error = await runPostconf(["-M"]).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(PostconfError);
    expect(error.message).toStartWith("Cannot run postconf -M: ");
    expect(error.message).toContain(said);
  });
});
