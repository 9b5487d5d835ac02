import { type CheckOptions, portOf, type TranscriptLine } from "../check/options.ts";
import { parseCertLeft } from "../report/cert-left.ts";
import { cleanText } from "../text/clean-text.ts";
import { UsageError } from "../text/errors.ts";
import type { Arguments } from "./arguments.ts";
import type { Command } from "./command.ts";
import { readFirstLine, readInput } from "./input.ts";
import type { OptionName } from "./options.ts";
import { writeError } from "./terminal.ts";
import { readChoice } from "./values.ts";

/** Longest files that are read for authorities (the system's have some 220 KiB) and for a password. */
const MAX_AUTHORITIES_OCTETS = 4_194_304;
const MAX_PASSWORD_FILE_OCTETS = 65_536;
const GREY = 90;
/** Options whose file may be standard input. */
const STDIN_READERS: readonly OptionName[] = ["servers-from", "tls-ca", "password-file"];

/**
 * The command with what it says of a dialogue past the greeting.
 * @throws {UsageError} for what cannot be read, or does not go together.
 * @throws {InputError} for a file that cannot be read.
 */
export async function withDialogue(command: Command): Promise<Command> {
  const given = command.dialogue ?? new Map();
  const last = (name: OptionName) => given.get(name)?.at(-1);
  rejectWhatDoesNotGoTogether(command, given);
  const certLeft = last("cert-left");
  const options: CheckOptions = { ...command.options, ...(await readDialogue(given, last)) };
  return {
    ...command,
    options: { ...options, port: portOf(options) },
    thresholds: {
      ...command.thresholds,
      ...(certLeft === undefined ? {} : { certLeft: parseCertLeft(certLeft) }),
    },
    // What is kept has no certificate with it.
    cache: certLeft === undefined ? command.cache : null,
  };
}

async function readDialogue(
  given: Arguments["options"],
  last: (name: OptionName) => string | undefined,
): Promise<CheckOptions> {
  const [quitAfter, level] = [readChoice("quit-after", last("quit-after")), readChoice("tls", last("tls"))];
  const [user, caFile, helo, name] = [last("auth"), last("tls-ca"), last("helo"), last("tls-name")];
  const tls = {
    ...(level === undefined ? {} : { level }),
    ...(given.has("smtps") ? { implicit: true } : {}),
    ...(name === undefined ? {} : { name }),
    ...(caFile === undefined
      ? {}
      : { authorities: await readInput(caFile, "the authorities", MAX_AUTHORITIES_OCTETS) }),
  };
  const [from, to] = [last("from"), last("to")];
  const startedAtMs = performance.now();
  return {
    ...(quitAfter === undefined ? {} : { quitAfter }),
    ...(helo === undefined ? {} : { helo }),
    ...(Object.keys(tls).length === 0 ? {} : { tls }),
    ...(user === undefined ? {} : { auth: await readAuth(user, last) }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(given.has("lmtp") ? { lmtp: true } : {}),
    ...(given.has("proxy-protocol") ? { proxyProtocol: true } : {}),
    ...(given.has("expect") ? { expect: given.get("expect") ?? [] } : {}),
    ...(given.has("every-address") ? { everyAddress: true } : {}),
    ...(given.has("transcript")
      ? { onTranscript: (line) => show(line, performance.now() - startedAtMs) }
      : {}),
  };
}

function rejectWhatDoesNotGoTogether({ format, waiting }: Command, given: Arguments["options"]): void {
  const stage = given.get("quit-after")?.at(-1) ?? "greeting";
  const isTls = given.has("smtps") || ["starttls", "auth", "mail", "rcpt"].includes(stage);
  const faults: readonly (readonly [boolean, string])[] = [
    [given.has("cert-left") && format !== "nagios", "Cannot use --cert-left without --format nagios"],
    [
      given.has("cert-left") && !isTls,
      "Cannot use --cert-left without TLS: want --smtps, or --quit-after starttls or later",
    ],
    [given.has("auth") && !given.has("password-file"), "Cannot use --auth without --password-file"],
    [given.has("password-file") && !given.has("auth"), "Cannot use --password-file without --auth"],
    [given.has("auth-mechanism") && !given.has("auth"), "Cannot use --auth-mechanism without --auth"],
    [
      given.has("auth") && waiting !== null,
      "Cannot use --wait with --auth: a password is used once, for servers lock accounts",
    ],
    [
      given.has("servers-from") && !given.has("own") && ["auth", "mail", "rcpt"].includes(stage),
      `Cannot use --servers-from with --quit-after ${stage} without --own: who asks strangers' servers for recipients gets blocked`,
    ],
    [
      STDIN_READERS.filter((name) => given.get(name)?.includes("-") === true).length > 1,
      "Cannot read two things from standard input: want - once among --servers-from, --tls-ca and --password-file",
    ],
  ];
  for (const [isWrong, message] of faults) if (isWrong) throw new UsageError(message);
}

async function readAuth(user: string, last: (name: OptionName) => string | undefined) {
  const mechanism = readChoice("auth-mechanism", last("auth-mechanism"));
  const secret = await readFirstLine(last("password-file") ?? "-", "the password", MAX_PASSWORD_FILE_OCTETS);
  return { user, secret, ...(mechanism === undefined ? {} : { mechanism }) };
}

/** One line of a dialogue, such as `  12.3 mx1.example.org 192.0.2.1 S: 220 mx1.example.org ESMTP`. */
function show({ target, address, who, text }: TranscriptLine, elapsedMs: number): void {
  const line = text.replace(/\r?\n$/, "");
  writeError(
    cleanText(`${elapsedMs.toFixed(1).padStart(8)} ${target.server} ${address} ${who}: ${line}`),
    GREY,
  );
}
