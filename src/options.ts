import type { ArgDef } from "citty";

/** The options of the command line, in the order in which --help lists them. */
export const OPTIONS = {
  stop: {
    type: "string",
    valueHint: "HOST",
    description: "Stop before the server that is HOST (repeatable)",
  },
  "stop-self": { type: "boolean", description: "Stop before the server that is this machine" },
  timeout: {
    type: "string",
    valueHint: "SECONDS",
    description: "Limit a server: lookup, connect and greeting together; default 10, 0 is none",
  },
  port: {
    type: "string",
    alias: "p",
    valueHint: "N",
    description: "Port of servers given without one; default 25",
  },
  ipv4: { type: "boolean", alias: "4", description: "Connect by IPv4 only" },
  ipv6: { type: "boolean", alias: "6", description: "Connect by IPv6 only" },
  fastest: { type: "boolean", description: "The first server to answer decides, not the first of the list" },
  verbose: {
    type: "boolean",
    alias: "v",
    description: "Tell each server's verdict and why on standard error",
  },
  help: { type: "boolean", alias: "h", description: "Show this help" },
  version: { type: "boolean", description: "Show the version" },
} as const satisfies Readonly<Record<string, ArgDef>>;

/** The long name of an option. */
export type OptionName = keyof typeof OPTIONS;
