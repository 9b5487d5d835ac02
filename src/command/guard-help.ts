import { GUARD_OPTION_TEXTS } from "./guard-option-texts.ts";
import { FILTER_OPTIONS, SERVE_OPTIONS } from "./guard-options.ts";
import { renderHelp } from "./help.ts";
import { terminalColumns } from "./terminal.ts";

const DESCRIPTIONS = {
  serve: "Tell a mail server whether a more-preferred exchanger is up, at every recipient",
  filter: "Tell OpenSMTPD the same as serve, as its filter on standard input and output",
} as const;

/** What `smtpdcheck serve --help` or `smtpdcheck filter --help` prints. */
export function renderGuardHelp(name: keyof typeof DESCRIPTIONS, version: string): Promise<string> {
  const page = {
    name: `smtpdcheck ${name}`,
    description: DESCRIPTIONS[name],
    options: name === "serve" ? SERVE_OPTIONS : FILTER_OPTIONS,
    texts: GUARD_OPTION_TEXTS,
    operand: null,
    sections: {
      "EXIT STATUS": [
        ["0", "told to end, or its input ended"],
        ["2", "something cannot be read, or nobody can listen there"],
      ],
    },
  } as const;
  return renderHelp(page, version, terminalColumns(1));
}
