import { type ArgsDef, renderUsage } from "citty";

const CLOSING = `EXIT STATUS

  0  no server that counts is available; with --require any or all: it is met
  1  one is: its name is printed; with --require any or all: it is not met
  2  an error, or it could not be told because of this machine
     With --format nagios: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN

CACHE

  smtpdcheck cache --cache LOCATION                   list what is kept
  smtpdcheck cache clear --cache LOCATION [server...] forget it, or that of some servers`;

const USAGE_OPERAND = "[prio:]server[:port]...";

/**
 * What --help prints. citty renders it; its colours are taken out, for they come in a pipe too. This file imports
 * nothing else, so that what only it needs is all that is loaded with it.
 */
export async function renderHelp(options: ArgsDef, version: string): Promise<string> {
  const usage = await renderUsage({
    meta: { name: "smtpdcheck", version, description: "Tell which of your mail servers is available" },
    args: {
      ...options,
      server: {
        type: "positional",
        description: "A host name or address; several may stand in one argument",
        required: false,
      },
    },
  });
  const plain = Bun.stripANSI(usage).replace("[SERVER]", USAGE_OPERAND).replace(/ +$/gm, "");
  return `${plain.trim()}\n\n${CLOSING}\n`;
}
