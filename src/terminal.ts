/** A colour as its SGR code (ECMA-48 §8.3.117). */
export type Colour = 31 | 32 | 33 | 90;

/**
 * Writes one line to standard error, in colour on a terminal that wants it (no-color.org, TERM=dumb). Not by
 * `console.error`, which colours as it likes. That nobody can read it changes nothing.
 */
export function writeError(line: string, colour: Colour): void {
  const coloured = wantsColour(2) ? `\x1b[${colour}m${line}\x1b[0m` : line;
  try {
    process.getBuiltinModule("node:fs").writeSync(2, `${coloured}\n`);
  } catch {}
}

function wantsColour(descriptor: number): boolean {
  const { env } = process;
  if (env["NO_COLOR"] !== undefined || env["TERM"] === "dumb") return false;
  return process.getBuiltinModule("node:tty").isatty(descriptor);
}
