import { renderUsage } from "citty";
import { version } from "../package.json";
import { OPTIONS } from "./options.ts";

const EXIT_STATUSES = `EXIT STATUS

  0  no server that counts is available
  1  one is: its name is printed
  2  an error, or it could not be told because of this machine`;

/** What --help prints. citty renders it; its colours are taken out, for they come in a pipe too. */
export async function renderHelp(): Promise<string> {
  const usage = await renderUsage({
    meta: { name: "smtpdcheck", version, description: "Tell which of your mail servers is available" },
    args: {
      ...OPTIONS,
      server: {
        type: "positional",
        description: "[prio:]server[:port]: a host name or address; several may stand in one argument",
      },
    },
  });
  return `${Bun.stripANSI(usage).trim()}\n\n${EXIT_STATUSES}\n`;
}
