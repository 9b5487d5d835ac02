/** What an option takes: nothing, a value, or one of some words; `-a` may stand for its long name. */
export type OptionForm = { readonly alias?: string } & (
  | { readonly type: "boolean" }
  | { readonly type: "string"; readonly valueHint: string }
  | { readonly type: "enum"; readonly options: readonly string[] }
);

/** What a run has no use for that ends with the greeting. */
export const PAST_GREETING = {
  "quit-after": {
    type: "enum",
    options: ["greeting", "ehlo", "starttls", "auth", "mail", "rcpt"],
  },
  helo: {
    type: "string",
    valueHint: "NAME",
  },
  tls: {
    type: "enum",
    options: ["none", "may", "encrypt", "verify"],
  },
  smtps: { type: "boolean" },
  "tls-name": {
    type: "string",
    valueHint: "NAME",
  },
  "tls-ca": {
    type: "string",
    valueHint: "FILE",
  },
  "cert-left": {
    type: "string",
    valueHint: "WARN[,CRIT]",
  },
  auth: {
    type: "string",
    valueHint: "USER",
  },
  "password-file": {
    type: "string",
    valueHint: "FILE",
  },
  "auth-mechanism": {
    type: "enum",
    options: ["SCRAM-SHA-256", "CRAM-MD5", "PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER"],
  },
  from: { type: "string", valueHint: "ADDRESS" },
  to: {
    type: "string",
    valueHint: "ADDRESS",
  },
  own: {
    type: "boolean",
  },
  lmtp: { type: "boolean" },
  "proxy-protocol": { type: "boolean" },
  expect: {
    type: "string",
    valueHint: "EXTENSION",
  },
  "every-address": { type: "boolean" },
  transcript: { type: "boolean" },
} as const;

/** The options of the command line, in the order in which --help lists them; what they do is in option-texts.ts, for whoever asks. */
export const OPTIONS = {
  mx: {
    type: "string",
    valueHint: "DOMAIN",
  },
  "servers-from": {
    type: "string",
    valueHint: "FILE",
  },
  ...PAST_GREETING,
  hostname: {
    type: "string",
    alias: "H",
    valueHint: "HOST",
  },
  dns: {
    type: "string",
    valueHint: "ADDRESS[:PORT]",
  },
  stop: {
    type: "string",
    valueHint: "HOST",
  },
  "stop-self": { type: "boolean" },
  timeout: {
    type: "string",
    alias: "t",
    valueHint: "SECONDS",
  },
  deadline: {
    type: "string",
    valueHint: "SECONDS",
  },
  port: {
    type: "string",
    alias: "p",
    valueHint: "N",
  },
  ipv4: { type: "boolean", alias: "4" },
  ipv6: { type: "boolean", alias: "6" },
  sort: { type: "boolean" },
  fastest: { type: "boolean" },
  require: {
    type: "enum",
    options: ["none", "any", "all"],
  },
  wait: {
    type: "string",
    valueHint: "SECONDS",
  },
  interval: {
    type: "string",
    valueHint: "SECONDS",
  },
  format: {
    type: "enum",
    options: ["text", "table", "json", "nagios"],
  },
  warning: {
    type: "string",
    alias: "w",
    valueHint: "RANGE",
  },
  critical: {
    type: "string",
    alias: "c",
    valueHint: "RANGE",
  },
  "min-available": {
    type: "string",
    valueHint: "WARN[,CRIT]",
  },
  cache: {
    type: "string",
    valueHint: "LOCATION",
  },
  "cache-up": {
    type: "string",
    valueHint: "SECONDS",
  },
  "cache-down": {
    type: "string",
    valueHint: "SECONDS",
  },
  "no-cache": { type: "boolean" },
  verbose: {
    type: "boolean",
    alias: "v",
  },
  help: { type: "boolean", alias: "h" },
  version: { type: "boolean", alias: "V" },
} as const;

/** The long name of an option. */
export type OptionName = keyof typeof OPTIONS;

/** The options with a choice. */
export type ChoiceName = "require" | "format" | "quit-after" | "tls" | "auth-mechanism";

/** The values that an option with a choice takes. */
export type ChoiceOf<Name extends ChoiceName> = (typeof OPTIONS)[Name]["options"][number];
