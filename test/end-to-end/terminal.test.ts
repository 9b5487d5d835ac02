import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { bareEnvironment, type Command, commands, PATIENCE_MS, projectFolder, run } from "./command.ts";

setDefaultTimeout(PATIENCE_MS);

const BAD_USAGE = ["--timeout", "10x", "127.0.0.1"];
const COLOURFUL = { TERM: "xterm-256color" };

/** Runs the program with bad usage on a pseudo-terminal, by means of `script`(1) of util-linux. */
async function shownOnTerminal(command: Command, env: Readonly<Record<string, string>>): Promise<string> {
  const line = [...command.argv, ...BAD_USAGE].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  const child = Bun.spawn(["script", "-qec", line, "/dev/null"], {
    cwd: projectFolder,
    env: { ...bareEnvironment, ...env },
    stdin: "ignore",
    stderr: "ignore",
  });
  const shown = await child.stdout.text();
  expect(await child.exited).toBe(2);
  return shown;
}

describe.each(commands)("smtpdcheck $name", (command) => {
  describe.skipIf(Bun.which("script") === null)("on a terminal", () => {
    test.concurrent.each([
      ["NO_COLOR=1", { ...COLOURFUL, NO_COLOR: "1" }],
      ["NO_COLOR=0", { ...COLOURFUL, NO_COLOR: "0" }],
      ["NO_COLOR and FORCE_COLOR", { ...COLOURFUL, NO_COLOR: "1", FORCE_COLOR: "1" }],
      ["TERM=dumb", { TERM: "dumb" }],
    ])("shows no colour with %s", async (_, env) => {
      expect(await shownOnTerminal(command, env)).toMatch(/^smtpdcheck: \P{Cc}+\r\n$/u);
    });

    test.concurrent.each([
      ["a terminal that has colours", COLOURFUL],
      ["an empty NO_COLOR, which does not count", { ...COLOURFUL, NO_COLOR: "" }],
    ])("shows one line in colour with %s", async (_, env) => {
      const shown = await shownOnTerminal(command, env);
      expect(shown).toStartWith("\x1b[31msmtpdcheck: ");
      expect(Bun.stripANSI(shown)).toMatch(/^smtpdcheck: \P{Cc}+\r\n$/u);
    });
  });

  test.concurrent("shows no colour in a pipe, even with FORCE_COLOR", async () => {
    const { stderr } = await run(command, BAD_USAGE, { env: { ...COLOURFUL, FORCE_COLOR: "1" } });
    expect(stderr).toMatch(/^smtpdcheck: \P{Cc}+\n$/u);
  });
});
