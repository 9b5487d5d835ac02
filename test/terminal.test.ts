import { afterEach, expect, mock, spyOn, test } from "bun:test";
import fs from "node:fs";
import tty from "node:tty";
import { writeError } from "../src/terminal.ts";

const { NO_COLOR, TERM } = process.env;

afterEach(() => {
  mock.restore();
  restore("NO_COLOR", NO_COLOR);
  restore("TERM", TERM);
});

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}

test.each([
  [true, undefined, "xterm", true],
  [true, undefined, undefined, true],
  [true, undefined, "dumb", false],
  [true, "1", "xterm", false],
  [true, "", "xterm", false],
  [true, "0", "xterm", false],
  [false, undefined, "xterm", false],
])(
  "writeError() when terminal: %p, NO_COLOR: %p, TERM: %p colours: %p",
  (isTerminal, noColor, term, colours) => {
    const written = spyOn(fs, "writeSync").mockReturnValue(0);
    const isatty = spyOn(tty, "isatty").mockReturnValue(isTerminal);
    restore("NO_COLOR", noColor);
    restore("TERM", term);
    writeError("a line", 31);
    const line = colours ? "\x1b[31ma line\x1b[0m\n" : "a line\n";
    expect(written.mock.calls as unknown[]).toEqual([[2, line]]);
    if (colours) expect(isatty.mock.calls).toEqual([[2]]);
  },
);

test("writeError() does not mind that nobody can read it", () => {
  spyOn(fs, "writeSync").mockImplementation(() => {
    throw Object.assign(new Error("broken pipe"), { code: "EPIPE" });
  });
  expect(() => writeError("a line", 31)).not.toThrow();
});
