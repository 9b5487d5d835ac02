import { afterEach, expect, mock, spyOn, test } from "bun:test";
import { standard } from "../../src/command/standard-streams.ts";
import {
  isTerminal,
  paint,
  rewriteStatus,
  terminalColumns,
  writeError,
  writeWarning,
} from "../../src/command/terminal.ts";

const { NO_COLOR, TERM } = process.env;
const STREAMS = [process.stdout, process.stderr] as const;
const COLUMNS = STREAMS.map((stream) => Object.getOwnPropertyDescriptor(stream, "columns"));

afterEach(() => {
  mock.restore();
  restore("NO_COLOR", NO_COLOR);
  restore("TERM", TERM);
  restoreColumns();
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
  [true, "", "xterm", true],
  [true, "", "dumb", false],
  [true, "0", "xterm", false],
  [false, undefined, "xterm", false],
])(
  "writeError() when terminal: %p, NO_COLOR: %p, TERM: %p colours: %p",
  (isTerminal, noColor, term, colours) => {
    const written = spyOn(standard, "error").mockReturnValue();
    const isatty = spyOn(standard, "isTerminal").mockReturnValue(isTerminal);
    restore("NO_COLOR", noColor);
    restore("TERM", term);
    writeError("a line", 31);
    const line = colours ? "\x1b[31ma line\x1b[0m\n" : "a line\n";
    expect(written.mock.calls as unknown[]).toEqual([[line]]);
    if (colours) expect(isatty.mock.calls).toEqual([[2]]);
  },
);

test("writeWarning() costs no descriptor, and does not run into a status", () => {
  const written = spyOn(standard, "error").mockReturnValue();
  const sparingly = spyOn(standard, "sparingError").mockReturnValue();
  spyOn(standard, "isTerminal").mockReturnValue(false);
  rewriteStatus("one");
  writeWarning("a line", 33);
  writeWarning("another", 33);
  expect(written.mock.calls as unknown[]).toEqual([["\r\x1b[Kone"], ["\r\x1b[K"]]);
  expect(sparingly.mock.calls as unknown[]).toEqual([["a line\n"], ["another\n"]]);
});

test("rewriteStatus() puts a line in the place of the last, and ends none", () => {
  const written = spyOn(standard, "error").mockReturnValue();
  rewriteStatus("one");
  rewriteStatus("");
  expect(written.mock.calls as unknown[]).toEqual([["\r\x1b[Kone"], ["\r\x1b[K"]]);
});

test.each([1, 2] as const)("paint() asks about the stream %d", (stream) => {
  restore("NO_COLOR", undefined);
  restore("TERM", "xterm");
  const isatty = spyOn(standard, "isTerminal").mockImplementation((descriptor) => descriptor === 1);
  expect(paint("text", 32, stream)).toBe(stream === 1 ? "\x1b[32mtext\x1b[0m" : "text");
  expect(isatty.mock.calls).toEqual([[stream]]);
});

test("isTerminal() is what the system says of the descriptor", () => {
  spyOn(standard, "isTerminal").mockImplementation((descriptor) => descriptor === 2);
  expect([isTerminal(1), isTerminal(2)]).toEqual([false, true]);
});

test("terminalColumns() is the width of a terminal, and of nothing else", () => {
  for (const [at, stream] of STREAMS.entries()) {
    Object.defineProperty(stream, "columns", { value: 80 + at, configurable: true });
  }
  const isatty = spyOn(standard, "isTerminal").mockReturnValue(true);
  expect([terminalColumns(1), terminalColumns(2)]).toEqual([80, 81]);
  isatty.mockReturnValue(false);
  expect([terminalColumns(1), terminalColumns(2)]).toEqual([undefined, undefined]);
});

function restoreColumns(): void {
  for (const [at, stream] of STREAMS.entries()) {
    const columns = COLUMNS[at];
    if (columns === undefined) Reflect.deleteProperty(stream, "columns");
    else Object.defineProperty(stream, "columns", columns);
  }
}
