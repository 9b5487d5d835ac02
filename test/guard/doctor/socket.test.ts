import { describe, expect, test } from "bun:test";
import type { SocketSight } from "../../../src/guard/doctor/socket.ts";
import { complaints, findings, mainCf, SMTPD } from "./setup.ts";

const asking = (address: string, lines = "") =>
  mainCf(`{ ${address}, timeout=20s, default_action=DUNNO }`, lines);
const CHROOTED = "smtp inet n - y - - smtpd\n";
const SPAWN_LINE =
  "guard unix - n n - 0 spawn user=nobody argv=/usr/local/bin/smtpdcheck serve --policy stdio";

describe("judgeSocket() finds an absolute path in a chroot", () => {
  const error = (path: string, why: string, below: string) =>
    `error: unix:${path}: smtpd runs chrooted (${why}), so it looks for /var/spool/postfix${path}: write a path below /var/spool/postfix, such as unix:${below}`;
  test.each<[string, string, string, readonly string[]]>([
    ["/run/x", CHROOTED, "", [error("/run/x", "y in master.cf", "mxguard/policy.sock")]],
    ["/var/spool/postfix/g/x", CHROOTED, "", [error("/var/spool/postfix/g/x", "y in master.cf", "g/x")]],
    [
      "/run/x",
      "smtp inet n - - - - smtpd",
      "compatibility_level = 0\nsmtpd_relay_before_recipient_restrictions = yes",
      [error("/run/x", "- in master.cf, below compatibility level 1", "mxguard/policy.sock")],
    ],
    ["/run/x", "smtp inet n - - - - smtpd", "", []],
    ["/run/x", SMTPD, "", []],
    ["g/x", CHROOTED, "", []],
  ])("%s with %s %s", (path, masterCf, lines, expected) => {
    expect(complaints(asking(`unix:${path}`, lines), masterCf)).toEqual(expected);
  });
});

describe("judgeSocket() tells what was seen of", () => {
  test.each<[string, SocketSight, readonly string[]]>([
    ["unix:g/x", { state: "listening", obstacle: null }, ["ok: unix:g/x: somebody listens there"]],
    [
      "unix:g/x",
      { state: "listening", obstacle: "/x is shut" },
      ["error: unix:g/x: Postfix may not open it: /x is shut", "ok: unix:g/x: somebody listens there"],
    ],
    [
      "unix:g/x",
      { state: "missing", obstacle: null },
      [
        "error: unix:g/x: there is no such socket: start smtpdcheck serve --policy 'unix:/var/spool/postfix/g/x?mode=0660&owner=postfix'",
      ],
    ],
    [
      "unix:g/x",
      { state: "no-socket", obstacle: null },
      [
        "error: unix:g/x: that is no socket: move it away, and start smtpdcheck serve --policy 'unix:/var/spool/postfix/g/x?mode=0660&owner=postfix'",
      ],
    ],
    [
      "inet:127.0.0.1:10040",
      { state: "deaf", cause: "refused", obstacle: null },
      [
        "error: inet:127.0.0.1:10040: nobody listens there (refused): start smtpdcheck serve --policy inet:127.0.0.1:10040",
      ],
    ],
    [
      "unix:g/x",
      { state: "unknown", cause: "permission denied", obstacle: null },
      ["warning: unix:g/x: cannot tell whether somebody listens there: permission denied"],
    ],
  ])("%s: %j", (address, sight, expected) => {
    const unseen = findings(asking(address));
    const seen = findings(asking(address), SMTPD, { [address]: sight });
    expect(seen.filter((line) => !unseen.includes(line))).toEqual([...expected]);
  });
});

describe("judgeSocket() looks spawn up in master.cf", () => {
  const LIMIT = "guard_time_limit = 3600";
  test.each<[string, string, string, readonly string[]]>([
    ["that it is there", LIMIT, "guard unix - n n - 0 spawn user=nobody argv=/x", []],
    [
      "that it is missing",
      LIMIT,
      "other unix - n n - 0 spawn user=nobody argv=/x",
      [`error: unix:private/guard: master.cf has no service guard: write "${SPAWN_LINE}"`],
    ],
    [
      "that it has no user",
      LIMIT,
      "guard unix - n n - 0 spawn argv=/x",
      [`error: spawn of guard in master.cf has no user=, and does not run without: write "${SPAWN_LINE}"`],
    ],
    [
      "that it is chrooted",
      LIMIT,
      "guard unix - n y - 0 spawn user=nobody argv=/x",
      [
        `error: spawn of guard in master.cf runs chrooted, where there is no smtpdcheck: write "${SPAWN_LINE}"`,
      ],
    ],
    [
      "that there may be too few",
      LIMIT,
      "guard unix - n n - - spawn user=nobody argv=/x",
      [
        "warning: spawn of guard in master.cf runs default_process_limit guards at most, but each smtpd wants its own: write 0 there",
      ],
    ],
    [
      "that it has no time limit",
      "",
      "guard unix - n n - 0 spawn user=nobody argv=/x",
      [
        "warning: spawn of guard in master.cf ends each guard after command_time_limit, in the middle of a session: write guard_time_limit = 86400 into main.cf",
      ],
    ],
    ["that something else stands there", "", "guard unix - n n - 0 other", []],
  ])("%s", (_, lines, service, expected) => {
    expect(complaints(asking("unix:private/guard", lines), SMTPD + service)).toEqual(expected);
  });

  test("unless somebody listens there by itself", () => {
    const sights = { "unix:private/guard": { state: "listening", obstacle: null } } as const;
    expect(complaints(asking("unix:private/guard"), SMTPD, sights)).toEqual([]);
  });
});
