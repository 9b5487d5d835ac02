import { parseStopHost } from "../check/stop-hosts.ts";
import { parseDomain } from "../names/exchanges.ts";
import { cannotRead, UsageError } from "../text/errors.ts";
import { parsePort } from "../text/target.ts";
import type { Arguments } from "./arguments.ts";
import type { HelpPage } from "./help.ts";
import { readSeconds } from "./values.ts";

/** The options of `smtpdcheck doctor`. */
export const DOCTOR_OPTIONS = {
  postfix: { type: "boolean" },
  "main-cf": { type: "string", valueHint: "FILE" },
  "master-cf": { type: "string", valueHint: "FILE" },
  policy: { type: "string", valueHint: "ADDRESS" },
  "answer-within": { type: "string", valueHint: "SECONDS" },
  domain: { type: "string", valueHint: "DOMAIN" },
  stop: { type: "string", valueHint: "HOST" },
  dns: { type: "string", valueHint: "ADDRESS[:PORT]" },
  port: { type: "string", alias: "p", valueHint: "N" },
  help: { type: "boolean", alias: "h" },
} as const;

/** The long name of one of them. */
type DoctorOption = keyof typeof DOCTOR_OPTIONS;

const TEXTS: Readonly<Record<DoctorOption, string>> = {
  postfix: "Look at Postfix, by postconf -n and postconf -M",
  "main-cf": "Read what postconf -n said on another machine, - is standard input",
  "master-cf": "Read what postconf -M said there, - is standard input",
  policy: "Look at this policy service alone, as main.cf has it: unix:path or inet:host:port",
  "answer-within": "What serve is given; default 5",
  domain:
    "Look at the exchangers of DOMAIN (repeatable); default the plain names in relay_domains, at most 32",
  stop: "What serve is given: we are HOST too (repeatable)",
  dns: "Ask this name server, not the system's (repeatable)",
  port: "Port of the exchangers; default 25",
  help: "Show this help",
};

/** What --help of `smtpdcheck doctor` shows. */
export const DOCTOR_PAGE: HelpPage = {
  name: "smtpdcheck doctor",
  description: "Tell what is wrong with how the local mail server asks the guard",
  options: DOCTOR_OPTIONS,
  texts: TEXTS,
  operand: null,
  sections: {
    "EXIT STATUS": [
      ["0", "nothing is wrong"],
      ["1", "something is: a line begins with warning: or error:"],
      ["2", "an error, such as that postconf cannot be run"],
    ],
  },
};

/** What the doctor is to look at. */
export interface DoctorTask {
  /** Inputs that say what postconf would; null to run it. */
  readonly files: { readonly mainCf: string; readonly masterCf: string } | null;
  readonly policy: string | null;
  readonly answerWithinSeconds: number;
  /** Empty for those of relay_domains. */
  readonly domains: readonly string[];
  readonly stop: readonly string[];
  readonly dns: readonly string[];
  readonly port: number;
}

const USUAL_ANSWER_MS = 5_000;
const SMTP_PORT = 25;

/**
 * Reads what the doctor is to look at.
 * @throws {UsageError} for what cannot be read or does not go together.
 */
export function readDoctorTask({ options, operands }: Arguments<DoctorOption>): DoctorTask {
  const [operand] = operands;
  if (operand !== undefined) throw cannotRead(operand, "an option", "options alone behind doctor");
  if (!options.has("postfix")) throw new UsageError("No mail server given: want smtpdcheck doctor --postfix");
  const last = (name: DoctorOption) => options.get(name)?.at(-1);
  const [mainCf, masterCf, port] = [last("main-cf"), last("master-cf"), last("port")];
  if ((mainCf === undefined) !== (masterCf === undefined)) {
    throw new UsageError("Cannot use --main-cf or --master-cf alone: want both, or none to run postconf");
  }
  if (mainCf === "-" && masterCf === "-") {
    throw new UsageError("Cannot read --main-cf and --master-cf from standard input: want one of them");
  }
  return {
    files: mainCf === undefined || masterCf === undefined ? null : { mainCf, masterCf },
    policy: last("policy") ?? null,
    answerWithinSeconds: (readSeconds(last("answer-within"), "a time to answer") ?? USUAL_ANSWER_MS) / 1000,
    domains: [...new Set((options.get("domain") ?? []).map(parseDomain))],
    stop: (options.get("stop") ?? []).map(parseStopHost),
    dns: options.get("dns") ?? [],
    port: port === undefined ? SMTP_PORT : parsePort(port),
  };
}
