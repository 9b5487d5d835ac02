import { LOG_FORMATS, LOG_LEVELS } from "../guard/decision-log.ts";
import type { OptionForm } from "./options.ts";

const DECIDING = {
  stop: { type: "string", valueHint: "HOST" },
  "stop-self": { type: "boolean" },
  domains: { type: "string", valueHint: "FILE" },
  allow: { type: "string", valueHint: "FILE" },
  action: { type: "enum", options: ["defer-if-permit", "defer", "450", "451", "warn"] },
  message: { type: "string", valueHint: "TEXT" },
  relent: { type: "string", valueHint: "MINUTES" },
  "answer-within": { type: "string", valueHint: "SECONDS" },
  "mail-check": { type: "string", valueHint: "SECONDS" },
  cache: { type: "string", valueHint: "LOCATION" },
  dns: { type: "string", valueHint: "ADDRESS[:PORT]" },
  port: { type: "string", alias: "p", valueHint: "N" },
  timeout: { type: "string", alias: "t", valueHint: "SECONDS" },
  helo: { type: "string", valueHint: "NAME" },
  "probe-loopback": { type: "boolean" },
  "log-format": { type: "enum", options: LOG_FORMATS },
  "log-level": { type: "enum", options: LOG_LEVELS },
} as const satisfies Record<string, OptionForm>;

const RUNNING = {
  config: { type: "string", valueHint: "FILE" },
  "check-config": { type: "boolean" },
  help: { type: "boolean", alias: "h" },
} as const satisfies Record<string, OptionForm>;

/** The options of `smtpdcheck filter`. */
export const FILTER_OPTIONS = { ...DECIDING, ...RUNNING } as const;

/** The options of `smtpdcheck serve`, in the order in which its --help lists them. */
export const SERVE_OPTIONS = {
  policy: { type: "string", valueHint: "ADDRESS" },
  socketmap: { type: "string", valueHint: "ADDRESS" },
  ...FILTER_OPTIONS,
} as const;

/** The long name of one of them. */
export type GuardOptionName = keyof typeof SERVE_OPTIONS;

/** What may be given more than once. */
export const REPEATABLE: ReadonlySet<GuardOptionName> = new Set(["policy", "socketmap", "stop", "dns"]);
/** What is a number. */
export const NUMBERS: ReadonlySet<GuardOptionName> = new Set([
  "relent",
  "answer-within",
  "mail-check",
  "port",
  "timeout",
]);
/** What only a command line can say. */
export const COMMAND_LINE_ALONE: ReadonlySet<string> = new Set(Object.keys(RUNNING));
