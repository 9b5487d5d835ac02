import type { Location } from "../cache/location.ts";
import type { LogFormat, LogLevel } from "./decision-log.ts";
import type { ListenAddress } from "./listen-address.ts";
import type { Deferral } from "./question.ts";

/** What a guard is told to do, read and complete. Files are named, and read when it starts and on SIGHUP. */
export interface GuardSettings {
  readonly policy: readonly ListenAddress[];
  readonly socketmap: readonly ListenAddress[];
  readonly stop: readonly string[];
  readonly stopSelf: boolean;
  readonly domainsFile: string | null;
  readonly allowFile: string | null;
  readonly action: Deferral | "warn";
  readonly message: string;
  readonly relentMs: number;
  readonly answerWithinMs: number;
  readonly mailCheckMs: number;
  /** Where waiting senders are remembered together with other guards; null for nowhere. */
  readonly cache: Location | null;
  readonly dns: readonly string[];
  readonly port: number;
  readonly timeoutMs: number;
  /** What a mail check says hello as; null for this machine's full name. */
  readonly helo: string | null;
  readonly mayProbeLoopback: boolean;
  readonly logFormat: LogFormat;
  readonly logLevel: LogLevel;
}

/** What holds when it is not said otherwise. */
export const GUARD_DEFAULTS: GuardSettings = {
  policy: [],
  socketmap: [],
  stop: [],
  stopSelf: false,
  domainsFile: null,
  allowFile: null,
  action: "defer-if-permit",
  message: "Please use %s",
  relentMs: 8 * 60_000,
  answerWithinMs: 5_000,
  mailCheckMs: 60_000,
  cache: null,
  dns: [],
  port: 25,
  timeoutMs: 10_000,
  helo: null,
  mayProbeLoopback: false,
  logFormat: "logfmt",
  logLevel: "info",
};
