import { error, type Finding, ok, warning } from "./finding.ts";
import type { Parameters } from "./parameters.ts";
import { listsAtRcpt, type PolicyUse } from "./restrictions.ts";

const RECIPIENT_LIST = "smtpd_recipient_restrictions";
/** What a list with the guard in its place looks like, up to the address. */
export const WELL_PLACED = `${RECIPIENT_LIST} = permit_mynetworks, reject_unauth_destination, reject_unlisted_recipient, check_policy_service`;

/** What keeps mail for domains that are none of ours away from what stands behind it. */
const KEEPS_STRANGERS_OUT: ReadonlySet<string> = new Set([
  "reject_unauth_destination",
  "defer_unauth_destination",
]);
/** What ends a list for every recipient of ours. */
const ENDS_LIST: ReadonlySet<string> = new Set(["permit", "reject", "defer", "permit_auth_destination"]);
const REJECTS_UNKNOWN: ReadonlySet<string> = new Set([
  "reject_unlisted_recipient",
  "reject_unverified_recipient",
]);

/** Judges where a policy service is asked: when, behind what, and whether at all. */
export function judgePlace(use: PolicyUse, parameters: Parameters): readonly Finding[] {
  const { list, before } = use;
  const { address } = use.service;
  const isLate = before !== null && !listsAtRcpt(parameters).includes(list);
  if (isLate) {
    return [
      error(
        `${address} is asked in ${list}, where it is too late or too early to defer a recipient: move it to the end of ${RECIPIENT_LIST}`,
      ),
    ];
  }
  if (parameters.value("smtpd_delay_reject") === "no" && isBeforeRecipient(list)) {
    return [
      error(
        `${address} is asked in ${list} before a recipient is known (smtpd_delay_reject = no): move it to the end of ${RECIPIENT_LIST}`,
      ),
    ];
  }
  const [ending] = before?.inList.filter((word) => ENDS_LIST.has(word)) ?? [];
  if (ending !== undefined) {
    return [error(`${address} is never asked: ${ending} stands in front of it in ${list}: write it behind`)];
  }
  return [
    ...judgeOrder(use),
    ...judgeOwnNetworks(use),
    ...judgeUnknownUsers(use),
    ...(use.isOnlyWarning
      ? [warning(`${address} only warns: take warn_if_reject away when you have seen that it does well`)]
      : []),
  ];
}

function judgeOrder({ service: { address }, list, before, after }: PolicyUse): readonly Finding[] {
  if (before === null) {
    return [
      ok(`${address} is asked where a table says ${list}; what stands in front of that was not looked at`),
    ];
  }
  const inFront = [...before.inList, ...before.inOthers].find((word) => KEEPS_STRANGERS_OUT.has(word));
  if (inFront !== undefined) {
    const where = before.inList.includes(inFront) ? "" : " of the restrictions that come first";
    return [ok(`${address} is asked in ${list}, behind ${inFront}${where}`)];
  }
  const later = after.find((word) => KEEPS_STRANGERS_OUT.has(word));
  const instead = `write ${WELL_PLACED} …`;
  if (later === undefined) {
    return [
      error(
        `${address} is asked in ${list}, and nothing in front of it or behind it rejects domains that are none of yours: ${instead}`,
      ),
    ];
  }
  return [
    warning(
      `${address} is asked in ${list} before ${later}, so for domains too that are none of yours; by --action defer, 450 or 451 a stranger would be told to try again instead of no: ${instead}`,
    ),
  ];
}

/** Mail of our own programs, which often cannot wait, would be deferred too. */
function judgeOwnNetworks({ service: { address }, list, before }: PolicyUse): readonly Finding[] {
  if (before === null || before.inList.includes("permit_mynetworks")) return [];
  return [
    warning(
      `${address}: no permit_mynetworks stands in front of it in ${list}, so mail of your own machines is deferred too: write ${WELL_PLACED} …`,
    ),
  ];
}

function judgeUnknownUsers({ service: { address }, before, after }: PolicyUse): readonly Finding[] {
  if (before === null) return [];
  const all = [...before.inOthers, ...before.inList, ...after];
  if (all.some((word) => REJECTS_UNKNOWN.has(word))) return [];
  return [
    warning(
      `${address}: no reject_unlisted_recipient, so mail to unknown users is deferred (450) instead of rejected (550): write reject_unlisted_recipient in front of it`,
    ),
  ];
}

function isBeforeRecipient(list: string): boolean {
  return /^smtpd_(?:client|helo|sender)_restrictions$/.test(list);
}
