import { QUIT_STAGES, type QuitStage } from "../smtp/attempt.ts";
import { TLS_LEVELS, type TlsLevel } from "../smtp/terms.ts";
import { cannotRead, UsageError } from "../text/errors.ts";
import { isSocketPath, type Target } from "../text/target.ts";
import {
  type Login,
  readAuth,
  readAuthorities,
  readFrom,
  readHelo,
  readKeyword,
  readTlsName,
  readTo,
} from "./dialogue-values.ts";
import type { CheckOptions } from "./options.ts";

/** What a dialogue is about, the server aside, read and complete. */
export interface DialogueOptions {
  readonly quitAfter: QuitStage;
  readonly helo: string | null;
  readonly isLmtp: boolean;
  readonly isProxied: boolean;
  readonly level: TlsLevel;
  readonly isImplicit: boolean;
  readonly tlsName: string | undefined;
  readonly authorities: string | undefined;
  readonly ca: readonly string[] | undefined;
  readonly auth: Login | null;
  readonly from: string;
  readonly to: string | undefined;
  readonly expect: readonly string[];
}

/** This machine, as an address or as a name that nobody is asked for (RFC 6761 §6.3). */
const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|::1|(?:[\w-]+\.)*localhost)$/;

/**
 * Reads what a dialogue is about, and makes sure that its parts go together.
 * @throws {UsageError} when they do not, or one cannot be read.
 */
export function readDialogueOptions(options: CheckOptions, targets: readonly Target[]): DialogueOptions {
  const {
    quitAfter = "greeting",
    helo,
    tls = {},
    lmtp = false,
    proxyProtocol = false,
    expect = [],
  } = options;
  if (!QUIT_STAGES.includes(quitAfter)) throw cannotRead(quitAfter, "--quit-after", QUIT_STAGES.join(", "));
  const isImplicit = tls.implicit === true;
  const reaches = (stage: QuitStage) => QUIT_STAGES.indexOf(quitAfter) >= QUIT_STAGES.indexOf(stage);
  demand(reaches("ehlo") || helo === undefined, "--helo", "ehlo or later");
  demand(reaches("ehlo") || expect.length === 0, "--expect", "ehlo or later");
  demand(reaches("mail") || options.from === undefined, "--from", "mail or rcpt");
  demand(reaches("rcpt") || options.to === undefined, "--to", "rcpt");
  demand(reaches("auth") || options.auth === undefined, "--auth", "auth, mail or rcpt");
  if (quitAfter === "auth" && options.auth === undefined)
    throw new UsageError("Cannot use --quit-after auth without --auth");
  const usesTls = isImplicit || reaches("starttls");
  const hasTlsWord = (tls.level ?? tls.name ?? tls.authorities) !== undefined;
  if (hasTlsWord && !usesTls)
    throw new UsageError(
      `Cannot use --tls, --tls-name or --tls-ca with --quit-after ${quitAfter}: want --smtps, or starttls or later`,
    );
  const level = levelOf(options, targets);
  return {
    quitAfter,
    helo: helo === undefined ? null : readHelo(helo),
    isLmtp: lmtp,
    isProxied: proxyProtocol,
    level,
    isImplicit,
    tlsName: tls.name === undefined ? undefined : readTlsName(tls.name),
    authorities: tls.authorities,
    ca: tls.authorities === undefined ? undefined : readAuthorities(tls.authorities),
    auth: options.auth === undefined ? null : readAuth(options),
    from: readFrom(options.from ?? ""),
    to: options.to === undefined ? undefined : readTo(options.to),
    expect: expect.map(readKeyword),
  };
}

function demand(isUsed: boolean, option: string, stages: string): void {
  if (!isUsed) throw new UsageError(`Cannot use ${option} without --quit-after ${stages}`);
}

/** A password goes to a server that is known, and never in the clear, unless it does not leave this machine. */
function levelOf(
  { quitAfter = "greeting", tls = {}, auth }: CheckOptions,
  targets: readonly Target[],
): TlsLevel {
  const { level, implicit = false } = tls;
  if (level !== undefined && !TLS_LEVELS.includes(level))
    throw cannotRead(level, "--tls", TLS_LEVELS.join(", "));
  const chosen = level ?? (auth === undefined ? usualLevel(quitAfter) : "verify");
  if (
    auth !== undefined &&
    chosen !== "verify" &&
    !targets.every(({ host }) => isSocketPath(host) || LOOPBACK.test(host))
  ) {
    throw new UsageError(
      `Cannot use --tls ${chosen} with --auth: want verify, for a password goes to no server that is not known`,
    );
  }
  if (quitAfter === "starttls" && chosen === "none" && !implicit)
    throw new UsageError("Cannot use --tls none with --quit-after starttls");
  if (chosen === "verify" && tls.name === undefined && targets.some(({ host }) => isSocketPath(host)))
    throw new UsageError("Cannot verify who is behind a unix socket: want --tls-name");
  return implicit && (chosen === "none" || chosen === "may") ? "encrypt" : chosen;
}

function usualLevel(quitAfter: QuitStage): TlsLevel {
  if (quitAfter === "starttls") return "encrypt";
  return quitAfter === "mail" || quitAfter === "rcpt" ? "may" : "none";
}
