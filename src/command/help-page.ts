import type { HelpPage } from "./help.ts";
import { OPTION_TEXTS } from "./option-texts.ts";
import { OPTIONS } from "./options.ts";

/** What --help of the plain command shows. */
export const HELP_PAGE: HelpPage = {
  name: "smtpdcheck",
  description: "Tell which of your mail servers is available",
  options: OPTIONS,
  texts: OPTION_TEXTS,
  operand: {
    usage: "[prio:]server[:port]...",
    name: "server",
    description: "A host name or address; several may stand in one argument",
  },
  sections: {
    "EXIT STATUS": [
      ["0", "no server that counts is available; with --require any or all: it is met"],
      ["1", "one is: its name is printed; with --require any or all: it is not met"],
      ["2", "an error, or it could not be told because of this machine"],
      [" ", "With --format nagios: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN"],
    ],
    CACHE: [
      ["smtpdcheck cache --cache LOCATION", "List what is kept"],
      ["smtpdcheck cache clear --cache LOCATION [server...]", "Forget it, or that of some servers"],
    ],
    GUARD: [
      [
        "smtpdcheck serve --policy ADDRESS",
        "Tell a mail server at every recipient whether a better one is up",
      ],
      ["smtpdcheck filter [option...]", "The same for OpenSMTPD, as its filter"],
      ["smtpdcheck serve --help", "List its options"],
    ],
    DOCTOR: [
      ["smtpdcheck doctor --postfix", "Tell what is wrong with how Postfix asks the guard"],
      ["smtpdcheck doctor --help", "List its options"],
    ],
  },
};
