import type { GuardOptionName } from "./guard-options.ts";

/** What each option of the guard does, for its --help. */
export const GUARD_OPTION_TEXTS: Readonly<Record<GuardOptionName, string>> = {
  policy:
    "Speak Postfix's policy protocol there (repeatable): unix:/path?mode=0660&owner=NAME&group=NAME, inet:127.0.0.1:10040, fd:3, stdio",
  socketmap: "Speak Sendmail's socketmap protocol there (repeatable)",
  stop: "Who we are, by name or address (repeatable); the address that a client is connected to counts always",
  "stop-self": "We are this machine, by its interfaces and its name",
  domains: "Guard only the recipient domains in FILE, one a line; .example.org for subdomains",
  allow: "Never defer the networks, client names, senders and @domains in FILE, one a line",
  action: "How to defer (default: defer-if-permit); warn decides and logs, and defers nothing",
  message:
    'What the client is told (default: "Please use %s"): %s the server, %t the time when waiting ends, %r a reference that is in the log',
  relent: "Let in who keeps coming back, after so long (default: 8; 0: never)",
  "answer-within": "Let in when there is no verdict by then (default: 5)",
  "mail-check": "How often to see whether an exchanger takes mail (default: 60; 0: never)",
  cache: "Share waiting senders with other guards: a file path, or a Redis or Valkey URL",
  dns: "Ask this name server (repeatable)",
  port: "Port of the exchangers (default: 25)",
  timeout: "How long to wait for a connection (default: 10)",
  helo: "Name to say hello as in a mail check (default: this machine's full name)",
  "probe-loopback": "Probe loopback addresses too, for demos and trials",
  "log-format": "How to write the log on standard error (default: logfmt)",
  "log-level": "What to log (default: info, which shows decisions)",
  config: "Read options from FILE, in TOML; the command line goes before",
  "check-config": "Read everything, say what is wrong with it, and end",
  help: "Show this help",
};
