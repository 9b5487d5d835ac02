import { describe, expect, test } from "bun:test";
import { DecisionLog, type LogLevel } from "../../src/guard/decision-log.ts";
import { noticeIn } from "../../src/guard/notices.ts";

const ENDPOINT = { address: "192.0.2.1", port: 25 } as const;
const WHO = "192.0.2.1 port 25";
const BUSY = `level=warn msg="${WHO} is busy, and left alone for a minute`;
const MAYBE_US = "; it may be this machine's connections that it limits: put this machine on its allowlist";

describe("noticeIn() a log says", () => {
  test.each([
    ["busy", "421 4.3.2 Try later", `${BUSY}" reply="421 4.3.2 Try later"`],
    ["busy", "421 4.7.0 Too many", `${BUSY}${MAYBE_US}" reply="421 4.7.0 Too many"`],
    ["busy", "450 try 4.7.123", `${BUSY}${MAYBE_US}" reply="450 try 4.7.123"`],
    ["busy", "421 14.7.0", `${BUSY}" reply="421 14.7.0"`],
    ["busy", "421 4.7.1234", `${BUSY}" reply="421 4.7.1234"`],
    ["busy", "421", `${BUSY}" reply=421`],
    ["busy", "421 \u001b[2J\r\nlevel=error", `${BUSY}" reply="421 \\\\x1b[2J\\\\r\\\\nlevel=error"`],
    [
      "takes-no-mail",
      "452 4.7.0 full",
      `level=warn msg="${WHO} takes no mail: counts as down (it may be only this machine that it refuses)" reply="452 4.7.0 full"`,
    ],
    ["up", "greeted after 3 ms", `level=info msg="${WHO} is up" why="greeted after 3 ms"`],
    ["not-up", "refused", `level=info msg="${WHO} is not up" why=refused`],
    ["probed", "refused", `level=debug msg="${WHO} was probed" why=refused`],
    ["takes-mail", "250 2.1.5 Ok", `level=info msg="${WHO} takes mail again" reply="250 2.1.5 Ok"`],
  ] as const)("%s: %j", (what, reply, line) => {
    const lines: (readonly [line: string, level: LogLevel])[] = [];
    const write = (said: string, level: LogLevel) => void lines.push([said, level]);
    noticeIn(new DecisionLog({ level: "debug", format: "logfmt", write }))(ENDPOINT, what, reply);
    const [, level = ""] = /^level=(\w+)/.exec(line) ?? [];
    expect(lines as unknown).toEqual([[line, level]]);
  });
});
