/** The first words that make the command another one, with options of its own; a server of such a name is reached as `doctor.`. */
const SUB_COMMANDS = ["serve", "filter", "doctor"] as const;

/** One of the other commands. */
export type SubCommand = (typeof SUB_COMMANDS)[number];

/** Which other command a command line is for: its very first word says so, before any option; undefined for none. */
export function subCommandOf([first]: readonly string[]): SubCommand | undefined {
  return SUB_COMMANDS.find((name) => name === first);
}
