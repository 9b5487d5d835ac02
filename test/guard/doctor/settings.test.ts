import { describe, expect, test } from "bun:test";
import { complaints, findings, mainCf } from "./setup.ts";

const BRACES = "check_policy_service { unix:x, timeout=10s, default_action=DUNNO }";

describe("judgeSettings() finds", () => {
  test.each<[string, string, readonly string[]]>([
    [
      "unix:x",
      "",
      [
        `error: unix:x: default_action is missing, so all mail is refused ("451 4.3.5 Server configuration problem") when nobody answers there: write ${BRACES}`,
      ],
    ],
    [
      "{ unix:x, default_action=defer }",
      "",
      [
        `error: unix:x: default_action is "defer", so all mail is refused ("defer") when nobody answers there: write ${BRACES}`,
      ],
    ],
    [
      "unix:x",
      "smtpd_policy_service_default_action = 450 later",
      [
        `error: unix:x: default_action is "450 later", so all mail is refused ("450 later") when nobody answers there: write ${BRACES}`,
      ],
    ],
    [
      "{ unix:x, default_action=ok }",
      "",
      [
        "warning: unix:x: default_action=OK lets mail in past all restrictions behind it when nobody answers there: write default_action=DUNNO",
      ],
    ],
    [
      "{ unix:x, default_action=DUNNO, try_limit=1 }",
      "",
      [
        "error: unix:x: with try_limit=1 one answer that is late makes every later recipient of its session fail at once: leave try_limit out, 2 is the default",
      ],
    ],
    [
      "{ unix:x, default_action=DUNNO, timeout=5s }",
      "",
      ["warning: unix:x: timeout is 5 s, but an answer may take 5 s (--answer-within): write timeout=10s"],
    ],
    [
      "{ unix:x, default_action=DUNNO, timeout=3m }",
      "",
      [
        "warning: unix:x: timeout is 180 s: a guard that hangs holds a session's first recipient up for 361 s, and senders give up after 300 s: write timeout=10s",
      ],
    ],
    [
      "{ unix:x, default_action = DUNNO }",
      "",
      [
        'error: unix:x: there are blanks around = in "default_action = DUNNO": write default_action=DUNNO; as it stands, smtpd does not run, and nobody can send you mail',
      ],
    ],
    [
      "unix:x, timeout=20s",
      "smtpd_policy_service_default_action = DUNNO",
      [
        `error: unix:x: "timeout=20s" stands outside braces, where it is taken for a restriction that does not exist, and all mail is refused: write ${BRACES}`,
      ],
    ],
  ])("%s %s", (policy, lines, expected) => {
    expect(complaints(mainCf(policy, lines))).toEqual(expected);
  });
});

describe("judgeSettings() is content with", () => {
  test.each([
    [
      "{ unix:x, default_action=DUNNO }",
      "",
      "ok: unix:x: timeout is 100 s: a guard that hangs holds a session's first recipient up for 201 s; timeout=10s is enough",
    ],
    [
      "{ unix:x, default_action=dunno, timeout=20s }",
      "",
      "ok: unix:x: timeout is 20 s: a guard that hangs holds a session's first recipient up for 41 s",
    ],
    [
      "unix:x",
      "smtpd_policy_service_default_action = DUNNO\nsmtpd_policy_service_timeout = 10",
      "ok: unix:x: timeout is 10 s: a guard that hangs holds a session's first recipient up for 21 s",
    ],
  ])("%s %s", (policy, lines, expected) => {
    expect(complaints(mainCf(policy, lines))).toEqual([]);
    expect(findings(mainCf(policy, lines))).toContain(expected);
  });
});

test("judgeSettings() measures the timeout by what the guard is started with", () => {
  const main = mainCf("{ unix:x, default_action=DUNNO, timeout=20s }");
  expect(complaints(main, undefined, {}, { policy: null, answerWithinSeconds: 20.5 })).toEqual([
    "warning: unix:x: timeout is 20 s, but an answer may take 20.5 s (--answer-within): write timeout=41s",
  ]);
});
