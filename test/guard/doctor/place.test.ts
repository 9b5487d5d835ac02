import { describe, expect, test } from "bun:test";
import { complaints, findings } from "./setup.ts";

const POLICY = "check_policy_service { unix:x, timeout=20s, default_action=DUNNO }";
const LIST = "smtpd_recipient_restrictions";
const WELL = `${LIST} = permit_mynetworks, reject_unauth_destination, reject_unlisted_recipient, check_policy_service …`;

const complaintsAbout = (lines: string) => complaints(`compatibility_level = 3.6\n${lines}`);

describe("judgePlace() finds", () => {
  test.each<[string, string, readonly string[]]>([
    [
      "that domains of others are asked for, which are rejected later",
      `smtpd_relay_restrictions = permit\n${LIST} = permit_mynetworks, reject_unlisted_recipient, ${POLICY}, reject_unauth_destination`,
      [
        `warning: unix:x is asked in ${LIST} before reject_unauth_destination, so for domains too that are none of yours; by --action defer, 450 or 451 a stranger would be told to try again instead of no: write ${WELL}`,
      ],
    ],
    [
      "that those of smtpd_relay_restrictions come later below compatibility level 3.6",
      `compatibility_level = 2\n${LIST} = permit_mynetworks, reject_unlisted_recipient, ${POLICY}`,
      [
        `warning: unix:x is asked in ${LIST} before defer_unauth_destination, so for domains too that are none of yours; by --action defer, 450 or 451 a stranger would be told to try again instead of no: write ${WELL}`,
      ],
    ],
    [
      "that nothing rejects them, or only warns",
      `smtpd_relay_restrictions =\n${LIST} = permit_mynetworks, reject_unlisted_recipient, warn_if_reject reject_unauth_destination, ${POLICY}`,
      [
        `error: unix:x is asked in ${LIST}, and nothing in front of it or behind it rejects domains that are none of yours: write ${WELL}`,
      ],
    ],
    [
      "that own machines are asked for",
      `${LIST} = reject_unauth_destination, reject_unlisted_recipient, ${POLICY}`,
      [
        `warning: unix:x: no permit_mynetworks stands in front of it in ${LIST}, so mail of your own machines is deferred too: write ${WELL}`,
      ],
    ],
    [
      "that unknown users are deferred",
      `${LIST} = permit_mynetworks, reject_unauth_destination, ${POLICY}`,
      [
        "warning: unix:x: no reject_unlisted_recipient, so mail to unknown users is deferred (450) instead of rejected (550): write reject_unlisted_recipient in front of it",
      ],
    ],
    ...["permit", "reject", "defer", "permit_auth_destination"].map((word): [string, string, string[]] => [
      `that it stands behind ${word}`,
      `${LIST} = permit_mynetworks, reject_unlisted_recipient, ${word}, ${POLICY}`,
      [`error: unix:x is never asked: ${word} stands in front of it in ${LIST}: write it behind`],
    ]),
    ...["smtpd_data_restrictions", "smtpd_end_of_data_restrictions", "smtpd_etrn_restrictions"].map(
      (list): [string, string, string[]] => [
        `that ${list} is no place`,
        `${list} = ${POLICY}`,
        [
          `error: unix:x is asked in ${list}, where it is too late or too early to defer a recipient: move it to the end of ${LIST}`,
        ],
      ],
    ),
    [
      "that no recipient is known yet",
      `smtpd_delay_reject = no\nsmtpd_client_restrictions = permit_mynetworks, ${POLICY}`,
      [
        `error: unix:x is asked in smtpd_client_restrictions before a recipient is known (smtpd_delay_reject = no): move it to the end of ${LIST}`,
      ],
    ],
    [
      "a trial",
      `${LIST} = permit_mynetworks, reject_unauth_destination, reject_unlisted_recipient, warn_if_reject ${POLICY}`,
      ["warning: unix:x only warns: take warn_if_reject away when you have seen that it does well"],
    ],
  ])("%s", (_, lines, expected) => {
    expect(complaintsAbout(lines)).toEqual(expected);
  });
});

describe("judgePlace() is content", () => {
  test.each([
    [
      `${LIST} = permit_mynetworks, reject_unauth_destination, reject_unlisted_recipient, ${POLICY}`,
      `ok: unix:x is asked in ${LIST}, behind reject_unauth_destination`,
    ],
    [
      `${LIST} = permit_mynetworks, reject_unlisted_recipient, ${POLICY}`,
      `ok: unix:x is asked in ${LIST}, behind defer_unauth_destination of the restrictions that come first`,
    ],
    [
      `${LIST} = permit_mynetworks, reject_unauth_destination, ${POLICY}, reject_unlisted_recipient`,
      `ok: unix:x is asked in ${LIST}, behind reject_unauth_destination`,
    ],
    [
      `${LIST} = permit_mynetworks, reject_unverified_recipient, ${POLICY}`,
      `ok: unix:x is asked in ${LIST}, behind defer_unauth_destination of the restrictions that come first`,
    ],
    [
      `smtpd_restriction_classes = guarded\nguarded = ${POLICY}\n${LIST} = check_recipient_access hash:/table`,
      "ok: unix:x is asked where a table says guarded; what stands in front of that was not looked at",
    ],
  ])("%s", (lines, expected) => {
    expect(complaintsAbout(lines)).toEqual([]);
    expect(findings(`compatibility_level = 3.6\n${lines}`)).toContain(expected);
  });
});
