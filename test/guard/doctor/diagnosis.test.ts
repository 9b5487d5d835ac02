import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { complaints, findings, mainCf, SMTPD } from "./setup.ts";

const WELL = mainCf("{ unix:x, timeout=20s, default_action=DUNNO }");
const OTHERS =
  "submission inet n - n - - smtpd -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject";

describe("diagnose() finds", () => {
  test.each<[string, string, string, readonly string[]]>([
    ["nothing wrong", WELL, SMTPD, []],
    ["nothing wrong with other services", WELL, `${SMTPD}${OTHERS}\npickup unix n - y 60 1 pickup`, []],
    [
      "that nobody asks",
      "compatibility_level = 3.6",
      SMTPD,
      [
        "error: Postfix asks no policy service: write smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination, reject_unlisted_recipient, check_policy_service { unix:mxguard/policy.sock, timeout=10s, default_action=DUNNO }",
      ],
    ],
    [
      "that there is no smtpd",
      WELL,
      "pickup unix n - y 60 1 pickup",
      ["error: master.cf has no smtpd, so nobody asks any policy service: take mail in first"],
    ],
    [
      "that the smtpd behind postscreen does not ask",
      WELL,
      "smtp inet n - n - 1 postscreen\nsmtpd pass - - n - - smtpd -o smtpd_recipient_restrictions=\n10025 inet n - n - - smtpd",
      ["warning: smtpd pass in master.cf asks no policy service"],
    ],
  ])("%s", (_, main, master, expected) => {
    expect(complaints(main, master)).toEqual(expected);
  });
});

test("diagnose() names the services where they differ", () => {
  const master = `${SMTPD}smtps inet n - n - - smtpd -o smtpd_policy_service_timeout=20s`;
  const lines = findings(mainCf("{ unix:x, default_action=DUNNO }"), master);
  expect(lines.filter((line) => line.includes("timeout"))).toEqual([
    "ok: unix:x: timeout is 100 s: a guard that hangs holds a session's first recipient up for 201 s; timeout=10s is enough (smtp inet in master.cf)",
    "ok: unix:x: timeout is 20 s: a guard that hangs holds a session's first recipient up for 41 s (smtps inet in master.cf)",
  ]);
});

test("diagnose() looks at one policy service alone when that is asked for", () => {
  const main = mainCf("unix:greylist, check_policy_service { unix:x, timeout=20s, default_action=DUNNO }");
  const about = (policy: string | null) => complaints(main, SMTPD, {}, { policy, answerWithinSeconds: 5 });
  expect(about(null)).toHaveLength(1);
  expect(about("unix:x")).toEqual([]);
  expect(about("unix:y")).toEqual([expect.stringContaining("asks no policy service unix:y: write")]);
});

test("diagnose() writes what is no printable text as escapes", () => {
  expect(
    complaints(mainCf("{ unix:x\u0007, timeout=20s, default_action=DUNNO, \u001b[31m }")).join("\n"),
  ).toMatch(/^[\x20-\x7e\n]*\\x07[\x20-\x7e\n]*\\x1b[\x20-\x7e\n]*$/);
});

describe("diagnose() is content with contrib/postfix", async () => {
  const shipped = (file: string) => Bun.file(join(import.meta.dir, "../../../contrib/postfix", file)).text();
  const [main, master] = await Promise.all([shipped("main.cf"), shipped("master.cf")]);
  const smtpd = "smtp inet n - y - - smtpd\n";

  test("as it stands", () => {
    expect(complaints(main, smtpd)).toEqual([]);
  });

  test("with spawn as its comments say", () => {
    const [limit = ""] = /mxguard_time_limit = \d+/.exec(master) ?? [];
    const spawning = `${main.replace("unix:mxguard/policy.sock", "unix:private/mxguard")}\n${limit}`;
    expect(complaints(spawning, smtpd + master)).toEqual([]);
  });
});
