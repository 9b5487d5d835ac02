import { standard } from "./standard-streams.ts";

/** A colour as its SGR code (ECMA-48 §8.3.117). */
export type Colour = 31 | 32 | 33 | 90;

/** Standard output or standard error, by its descriptor. */
export type Stream = 1 | 2;

/** Whether the line that standard error's cursor stands in holds a status, which another line must not run into. */
let isStatusShown = false;

/**
 * Writes one line to standard error, in colour on a terminal that wants it. Not by `console.error`, which colours as
 * it likes. That nobody can read it changes nothing.
 */
export function writeError(line: string, colour: Colour): void {
  if (isStatusShown) rewriteStatus("");
  standard.error(`${paint(line, colour, 2)}\n`);
}

/** The same for a warning that comes while servers are probed: it costs them no descriptor. */
export function writeWarning(line: string, colour: Colour): void {
  if (isStatusShown) rewriteStatus("");
  standard.sparingError(`${paint(line, colour, 2)}\n`);
}

/** Writes a status line to standard error that the next one takes the place of; none leaves an empty line. */
export function rewriteStatus(line: string): void {
  isStatusShown = line !== "";
  standard.error(`\r\x1b[K${line}`);
}

/** Wipes the status out when the user interrupts, which then ends this process as it always does; returns what takes that back. */
export function wipeOnInterrupt(): () => void {
  const interrupted = () => {
    if (isStatusShown) rewriteStatus("");
    process.kill(process.pid, "SIGINT");
  };
  process.once("SIGINT", interrupted);
  return () => process.off("SIGINT", interrupted);
}

/** A text in colour, where the stream is a terminal that wants it (no-color.org: NO_COLOR, unless it is empty;
 * TERM=dumb); else as it is. */
export function paint(text: string, colour: Colour, stream: Stream): string {
  const { env } = process;
  const isPlain = Boolean(env["NO_COLOR"]) || env["TERM"] === "dumb" || !isTerminal(stream);
  return isPlain ? text : `\x1b[${colour}m${text}\x1b[0m`;
}

/** Whether a stream goes to a terminal. */
export function isTerminal(stream: Stream): boolean {
  return standard.isTerminal(stream);
}

/** Whether a line on standard error can be rewritten: on a terminal that is no dumb one. */
export function canRewrite(): boolean {
  return isTerminal(2) && process.env["TERM"] !== "dumb";
}

/** For a terminal that tells no width. */
const USUAL_COLUMNS = 80;

/** The width of a terminal in columns, the usual one where it tells none. */
export function terminalWidth(stream: Stream): number {
  return terminalColumns(stream) || USUAL_COLUMNS;
}

/** The width of the terminal that a stream goes to, in columns; undefined when it goes elsewhere. */
export function terminalColumns(stream: Stream): number | undefined {
  if (!isTerminal(stream)) return undefined;
  return (stream === 1 ? process.stdout : process.stderr).columns;
}
