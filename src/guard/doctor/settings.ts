import { error, type Finding, ok, warning } from "./finding.ts";
import type { Parameters } from "./parameters.ts";
import { type PolicyService, parseTime } from "./policy-service.ts";
import type { PolicyUse } from "./restrictions.ts";

/** A client may give up on an answer to RCPT after five minutes (RFC 5321 §4.5.3.2.3). */
const CLIENT_PATIENCE_SECONDS = 300;
const WELL_BEHAVED = "DUNNO";

/** A timeout that does well: twice what an answer may take, as `contrib/postfix` has it. */
export function goodTimeout(answerWithinSeconds: number): string {
  return `timeout=${Math.ceil(2 * answerWithinSeconds)}s`;
}

/** Judges what holds while the guard does not answer, or is slow. */
export function judgeSettings(
  { service, stray }: PolicyUse,
  parameters: Parameters,
  answerWithinSeconds: number,
): readonly Finding[] {
  const { address, faults, settings } = service;
  const better = goodTimeout(answerWithinSeconds);
  const braces = `check_policy_service { ${address}, ${better}, default_action=${WELL_BEHAVED} }`;
  return [
    ...faults.map((fault) =>
      error(`${address}: ${fault}; as it stands, smtpd does not run, and nobody can send you mail`),
    ),
    ...stray.map((setting) =>
      error(
        `${address}: "${setting}" stands outside braces, where it is taken for a restriction that does not exist, and all mail is refused: write ${braces}`,
      ),
    ),
    judgeAction(service, parameters, braces),
    ...judgeTries(service, parameters),
    ...judgeTimeout(address, waitOf(settings, parameters), answerWithinSeconds),
  ];
}

function judgeAction({ address, settings }: PolicyService, parameters: Parameters, braces: string): Finding {
  const action = effective("default_action", settings, parameters);
  const isGiven = settings.has("default_action") || parameters.isGiven("smtpd_policy_service_default_action");
  if (action.toUpperCase() === WELL_BEHAVED) {
    return ok(`${address}: default_action=${WELL_BEHAVED}: mail flows when nobody answers there`);
  }
  if (action.toUpperCase() === "OK") {
    return warning(
      `${address}: default_action=OK lets mail in past all restrictions behind it when nobody answers there: write default_action=${WELL_BEHAVED}`,
    );
  }
  const why = isGiven ? `default_action is "${action}"` : "default_action is missing";
  return error(
    `${address}: ${why}, so all mail is refused ("${action}") when nobody answers there: write ${braces}`,
  );
}

function judgeTries({ address, settings }: PolicyService, parameters: Parameters): readonly Finding[] {
  if (effective("try_limit", settings, parameters) !== "1") return [];
  return [
    error(
      `${address}: with try_limit=1 one answer that is late makes every later recipient of its session fail at once: leave try_limit out, 2 is the default`,
    ),
  ];
}

interface Wait {
  readonly timeout: number;
  /** Until the default action, when the guard hangs. */
  readonly worst: number;
}

function waitOf(settings: PolicyService["settings"], parameters: Parameters): Wait | undefined {
  const timeout = parseTime(effective("timeout", settings, parameters));
  const delay = parseTime(effective("retry_delay", settings, parameters));
  const tries = Number(effective("try_limit", settings, parameters));
  if (!timeout || delay === undefined || !(tries >= 1)) return undefined;
  return { timeout, worst: tries * timeout + (tries - 1) * delay };
}

function judgeTimeout(
  address: string,
  wait: Wait | undefined,
  answerWithinSeconds: number,
): readonly Finding[] {
  if (wait === undefined) return [];
  const { timeout, worst } = wait;
  const better = goodTimeout(answerWithinSeconds);
  const held = `a guard that hangs holds a session's first recipient up for ${worst} s`;
  if (timeout <= answerWithinSeconds) {
    const text = `timeout is ${timeout} s, but an answer may take ${answerWithinSeconds} s (--answer-within)`;
    return [warning(`${address}: ${text}: write ${better}`)];
  }
  if (worst >= CLIENT_PATIENCE_SECONDS) {
    const text = `timeout is ${timeout} s: ${held}, and senders give up after ${CLIENT_PATIENCE_SECONDS} s`;
    return [warning(`${address}: ${text}: write ${better}`)];
  }
  const shorter = timeout > 4 * answerWithinSeconds ? `; ${better} is enough` : "";
  return [ok(`${address}: timeout is ${timeout} s: ${held}${shorter}`)];
}

/** A setting in braces, else the parameter that holds for all policy services. */
function effective(name: string, settings: PolicyService["settings"], parameters: Parameters): string {
  return settings.get(name) ?? parameters.value(`smtpd_policy_service_${name}`);
}
