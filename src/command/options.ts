import type { ArgDef } from "citty";

/** The options of the command line, in the order in which --help lists them. */
export const OPTIONS = {
  mx: {
    type: "string",
    valueHint: "DOMAIN",
    description: "Check the mail exchangers of DOMAIN (repeatable)",
  },
  "servers-from": {
    type: "string",
    valueHint: "FILE",
    description: "Read further servers from FILE, - is standard input (repeatable)",
  },
  hostname: {
    type: "string",
    alias: "H",
    valueHint: "HOST",
    description: "Check this server, in front of those named, as monitors give it (repeatable)",
  },
  dns: {
    type: "string",
    valueHint: "ADDRESS[:PORT]",
    description: "Ask this name server, not the system's (repeatable)",
  },
  stop: {
    type: "string",
    valueHint: "HOST",
    description: "Stop before the server that is HOST (repeatable)",
  },
  "stop-self": { type: "boolean", description: "Stop before the server that is this machine" },
  timeout: {
    type: "string",
    alias: "t",
    valueHint: "SECONDS",
    description: "Limit a server: lookup, connect and greeting together; default 10, 0 is none",
  },
  deadline: {
    type: "string",
    valueHint: "SECONDS",
    description: "Limit everything together, lookups of exchangers and waiting too; default none",
  },
  port: {
    type: "string",
    alias: "p",
    valueHint: "N",
    description: "Port of servers given without one; default 25",
  },
  ipv4: { type: "boolean", alias: "4", description: "Connect by IPv4 only" },
  ipv6: { type: "boolean", alias: "6", description: "Connect by IPv6 only" },
  sort: { type: "boolean", description: "Put the servers in order of preference, the best first" },
  fastest: { type: "boolean", description: "The first server to answer decides, not the first of the list" },
  require: {
    type: "enum",
    options: ["none", "any", "all"],
    description: "Succeed when none, any or all of the servers that count are available; default none",
  },
  wait: {
    type: "string",
    valueHint: "SECONDS",
    description: "With --require or --format nagios: check again until that is met or the time is over",
  },
  interval: {
    type: "string",
    valueHint: "SECONDS",
    description: "With --wait: from check to check; default 1, and 5 after ten seconds",
  },
  format: {
    type: "enum",
    options: ["text", "table", "json", "nagios"],
    description: "Report every server: for a person, a program or a monitor; default text, the name alone",
  },
  warning: {
    type: "string",
    alias: "w",
    valueHint: "RANGE",
    description: "With --format nagios: WARNING when a server's seconds are outside RANGE",
  },
  critical: {
    type: "string",
    alias: "c",
    valueHint: "RANGE",
    description: "With --format nagios: CRITICAL when a server's seconds are outside RANGE",
  },
  "min-available": {
    type: "string",
    valueHint: "WARN[,CRIT]",
    description:
      "With --format nagios: WARNING when fewer are available than WARN, CRITICAL when fewer than CRIT",
  },
  cache: {
    type: "string",
    valueHint: "LOCATION",
    description: "Keep what is learnt in a file, or at redis://host; default $SMTPDCHECK_CACHE",
  },
  "cache-up": {
    type: "string",
    valueHint: "SECONDS",
    description: "Keep that a server is available so long; default 30",
  },
  "cache-down": {
    type: "string",
    valueHint: "SECONDS",
    description: "Keep that a server is not available so long; default 120",
  },
  "no-cache": { type: "boolean", description: "Use no cache, whatever $SMTPDCHECK_CACHE says" },
  verbose: {
    type: "boolean",
    alias: "v",
    description: "Tell each server's verdict and why on standard error",
  },
  help: { type: "boolean", alias: "h", description: "Show this help" },
  version: { type: "boolean", alias: "V", description: "Show the version" },
} as const satisfies Readonly<Record<string, ArgDef>>;

/** The long name of an option. */
export type OptionName = keyof typeof OPTIONS;

/** The values that an option with a choice takes. */
export type ChoiceOf<Name extends "require" | "format"> = (typeof OPTIONS)[Name]["options"][number];
