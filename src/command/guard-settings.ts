import { parseLocation } from "../cache/location.ts";
import { readHelo } from "../check/dialogue-values.ts";
import { parseStopHost } from "../check/stop-hosts.ts";
import { parseListenAddress } from "../guard/listen-address.ts";
import { parseMessage } from "../guard/message.ts";
import { GUARD_DEFAULTS, type GuardSettings } from "../guard/settings.ts";
import { parseNameServer } from "../names/channels.ts";
import { cannotRead, UsageError } from "../text/errors.ts";
import { parsePort } from "../text/target.ts";
import type { GivenOptions } from "./guard-config.ts";
import { type GuardOptionName, SERVE_OPTIONS } from "./guard-options.ts";
import { readSeconds } from "./values.ts";

const MS_PER_SECOND = 1_000;
const SECONDS_PER_MINUTE = 60;
/** A day: who first came is not remembered for much longer. */
const MAX_RELENT_MS = 24 * 60 * SECONDS_PER_MINUTE * MS_PER_SECOND;

/**
 * The settings of a guard, complete.
 * @throws {UsageError} for a value that cannot be read, with where it stands.
 */
export function readGuardSettings(given: GivenOptions): GuardSettings {
  const all = <T>(name: GuardOptionName, parse: (text: string) => T): readonly T[] => {
    const { values = [], where = null } = given.get(name) ?? {};
    return values.map((value) => located(where === null ? null : `${name} in ${where}`, () => parse(value)));
  };
  const last = <T>(name: GuardOptionName, parse: (text: string) => T, otherwise: T): T =>
    all(name, parse).at(-1) ?? otherwise;
  const has = (name: GuardOptionName) => (given.get(name)?.values.length ?? 0) > 0;
  const text = (value: string) => value;
  const defaults = GUARD_DEFAULTS;
  return {
    policy: all("policy", parseListenAddress),
    socketmap: all("socketmap", parseListenAddress),
    stop: all("stop", checked(parseStopHost)),
    stopSelf: has("stop-self"),
    domainsFile: last("domains", text, defaults.domainsFile),
    allowFile: last("allow", text, defaults.allowFile),
    action: last("action", (value) => choice("action", SERVE_OPTIONS.action.options, value), defaults.action),
    message: last("message", checked(parseMessage), defaults.message),
    relentMs: last("relent", readMinutes, defaults.relentMs),
    answerWithinMs: last(
      "answer-within",
      (value) => positive(value, "a time to answer within"),
      defaults.answerWithinMs,
    ),
    mailCheckMs: last(
      "mail-check",
      (value) => seconds(value, "a time between mail checks"),
      defaults.mailCheckMs,
    ),
    cache: last("cache", parseLocation, defaults.cache),
    dns: all("dns", checked(parseNameServer)),
    port: last("port", parsePort, defaults.port),
    timeoutMs: last("timeout", (value) => positive(value, "a timeout"), defaults.timeoutMs),
    helo: last("helo", readHelo, defaults.helo),
    mayProbeLoopback: has("probe-loopback"),
    logFormat: last(
      "log-format",
      (value) => choice("log-format", SERVE_OPTIONS["log-format"].options, value),
      defaults.logFormat,
    ),
    logLevel: last(
      "log-level",
      (value) => choice("log-level", SERVE_OPTIONS["log-level"].options, value),
      defaults.logLevel,
    ),
  };
}

function located<T>(where: string | null, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (where === null || !(error instanceof UsageError)) throw error;
    throw new UsageError(`${error.message} (${where})`);
  }
}

/** The text itself, once it is known that it can be read. */
function checked(parse: (text: string) => unknown): (text: string) => string {
  return (text) => {
    parse(text);
    return text;
  };
}

function choice<T extends string>(name: string, choices: readonly T[], text: string): T {
  const chosen = choices.find((each) => each === text);
  if (chosen === undefined) throw cannotRead(text, `--${name}`, choices.join(", "));
  return chosen;
}

function seconds(text: string, as: string): number {
  return readSeconds(text, as) ?? 0;
}

function positive(text: string, as: string): number {
  const ms = seconds(text, as);
  if (ms === 0) throw cannotRead(text, as, "more than 0 seconds");
  return ms;
}

function readMinutes(text: string): number {
  if (!/^(?:\d+(?:\.\d*)?|\.\d+)$/.test(text))
    throw cannotRead(text, "--relent", "minutes, such as 8 or 0.5");
  const durationMs = Number(text) * SECONDS_PER_MINUTE * MS_PER_SECOND;
  if (durationMs <= MAX_RELENT_MS) return durationMs;
  throw cannotRead(text, "--relent", "at most 1440 minutes, or 0 for never", "too large");
}
