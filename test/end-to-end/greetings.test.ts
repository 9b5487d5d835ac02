import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { BUSY, GREETS, SILENT } from "../fake/scripts.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
import { commands, PATIENCE_MS, run, withoutTimes } from "./command.ts";

setDefaultTimeout(PATIENCE_MS);

interface Row {
  readonly server: string;
  readonly script: string;
  readonly cutEvery?: number;
  readonly timeout?: string;
  readonly status: 0 | 1;
  readonly says: string | RegExp;
  /** What the server must have received when all is over. */
  readonly sent: "QUIT\r\n" | "" | RegExp;
}

const MEGABYTE = "x".repeat(1_000_000);
const TIMES = "(connect N ms, greeting N ms)";

const rows: readonly Row[] = [
  {
    server: "greets",
    script: GREETS,
    status: 1,
    says: `available: 127.0.0.1 said "220 mx.example.test ESMTP" ${TIMES}`,
    sent: "QUIT\r\n",
  },
  {
    server: "greets one octet at a time",
    script: "S: 220 mx.example.test ESMTP",
    cutEvery: 1,
    status: 1,
    says: /^available: 127\.0\.0\.1 said "220/,
    sent: /^(QUIT\r\n)?$/,
  },
  {
    server: "declines one octet at a time",
    script: "S: 421 4.7.0 too busy",
    cutEvery: 1,
    status: 0,
    says: /^unavailable: 127\.0\.0\.1 is busy: "421/,
    sent: /^(QUIT\r\n)?$/,
  },
  {
    server: "greets in several lines",
    script: "S: 220-mx.example.test ESMTP\nS: 220-no spam\nS: 220 please\nC: QUIT",
    status: 1,
    says: /^available: 127\.0\.0\.1 said "220.mx\.example\.test ESMTP/,
    sent: "QUIT\r\n",
  },
  {
    server: "greets with a bare line feed",
    script: String.raw`
      S| 220 mx.example.test\n
      C: QUIT`,
    status: 1,
    says: `available: 127.0.0.1 said "220 mx.example.test" ${TIMES}`,
    sent: "QUIT\r\n",
  },
  {
    server: "says 220 alone",
    script: "S: 220\nC: QUIT",
    status: 1,
    says: `available: 127.0.0.1 said "220" ${TIMES}`,
    sent: "QUIT\r\n",
  },
  {
    server: "says 220 alone with a bare line feed",
    script: String.raw`
      S| 220\n
      C: QUIT`,
    status: 1,
    says: `available: 127.0.0.1 said "220" ${TIMES}`,
    sent: "QUIT\r\n",
  },
  {
    server: "says 220 and no line end",
    script: "S| 220",
    timeout: "0.3",
    status: 0,
    says: `unavailable: 127.0.0.1 timed out in greeting ${TIMES}`,
    sent: "",
  },
  {
    server: "says 2200",
    script: "S: 2200 odd",
    status: 0,
    says: `unavailable: 127.0.0.1 does not speak SMTP: "2200 odd" ${TIMES}`,
    sent: "",
  },
  {
    server: "is busy",
    script: BUSY,
    status: 0,
    says: `unavailable: 127.0.0.1 is busy: "421 4.7.0 too busy" ${TIMES}`,
    sent: "QUIT\r\n",
  },
  {
    server: "says no",
    script: "S: 554 5.7.1 no\nC: QUIT",
    status: 0,
    says: `unavailable: 127.0.0.1 declined with "554 5.7.1 no" ${TIMES}`,
    sent: "QUIT\r\n",
  },
  {
    server: "speaks HTTP",
    script: "S: HTTP/1.1 400 Bad Request\nS: Connection: close\nS:\n(close)",
    status: 0,
    says: `unavailable: 127.0.0.1 does not speak SMTP: "HTTP/1.1 400 Bad Request" ${TIMES}`,
    sent: "",
  },
  {
    server: "sends a megabyte without a line end",
    script: `S| ${MEGABYTE}`,
    status: 0,
    says: /^unavailable: 127\.0\.0\.1 does not speak SMTP: "x{1,1024}…?" \(/,
    sent: "",
  },
  {
    server: "greets in a megabyte without a line end",
    script: `S| 220 ${MEGABYTE}`,
    status: 1,
    says: /^available: 127\.0\.0\.1 said "220 x{1,1024}…?" \(/,
    sent: "",
  },
  {
    server: "closes at once",
    script: "(close)",
    status: 0,
    says: `unavailable: 127.0.0.1 closed the connection before a greeting ${TIMES}`,
    sent: "",
  },
  {
    server: "resets at once",
    script: "(reset)",
    status: 0,
    says: /^unavailable: 127\.0\.0\.1 reset the connection \(connect N ms/,
    sent: "",
  },
  {
    server: "is silent",
    script: SILENT,
    timeout: "0.3",
    status: 0,
    says: `unavailable: 127.0.0.1 timed out in greeting ${TIMES}`,
    sent: "",
  },
  {
    server: "drips a code that never ends",
    script: "S| 2\n(wait 100ms)\nS| 2",
    timeout: "0.5",
    status: 0,
    says: `unavailable: 127.0.0.1 timed out in greeting ${TIMES}`,
    sent: "",
  },
  {
    server: "drips a code in time",
    script: "S| 2\n(wait 50ms)\nS| 2\n(wait 50ms)\nS| 0\n(wait 50ms)\nS:  mx.example.test\nC: QUIT",
    status: 1,
    says: `available: 127.0.0.1 said "220 mx.example.test" ${TIMES}`,
    sent: "QUIT\r\n",
  },
  {
    server: "greets with a teaser and nothing more",
    script: "S: 220-mx.example.test",
    status: 1,
    says: /^available: 127\.0\.0\.1 said "220.mx\.example\.test/,
    sent: "",
  },
  {
    server: "greets with a teaser and then declines",
    script: "S: 220-mx.example.test\n(wait 300ms)\nS: 554 5.7.1 no",
    status: 1,
    says: /^available: 127\.0\.0\.1 said "220.mx\.example\.test/,
    sent: "",
  },
];

describe.each(commands)("smtpdcheck $name", (command) => {
  test.concurrent.each(rows)("exits $status when the server $server", async (row) => {
    using server = fakeSmtpServer(row.script, row);
    const target = `10:127.0.0.1:${server.port}`;
    const ran = await run(command, ["-v", "--timeout", row.timeout ?? "5", target]);
    expect({ ...ran, stderr: withoutTimes(ran.stderr).replace(`127.0.0.1:${server.port}: `, "") }).toEqual({
      status: row.status,
      stdout: row.status === 1 ? "127.0.0.1\n" : "",
      stderr: typeof row.says === "string" ? `${row.says}\n` : expect.stringMatching(row.says),
    });
    expect(await server.ended()).toEqual(
      typeof row.sent === "string" ? row.sent : expect.stringMatching(row.sent),
    );
    expect(server.complaints).toEqual([]);
  });

  test.concurrent("takes a teaser for an answer at once", async () => {
    using server = fakeSmtpServer("S: 220-mx.example.test");
    const ran = await run(command, ["--timeout", "0", `127.0.0.1:${server.port}`]);
    expect(ran).toEqual({ status: 1, stdout: "127.0.0.1\n", stderr: "" });
  });

  test.concurrent.each([
    [
      "greets",
      String.raw`220 \x1b]0;owned\x07\x1b[2J\x9b31m\u009b1m \u202eevil\u2066\u200f\x7f\x00\r mx\r\n`,
      1,
    ],
    [
      "declines",
      String.raw`554 \x1b]0;owned\x07\x1b[2J\x9b31m\u009b1m \u202eevil\u2066\u200f\x7f\x00\r mx\r\n`,
      0,
    ],
    [
      "is not SMTP",
      String.raw`\x1b]0;owned\x07\x1b[2J\x9b31m\u009b1m \u202eevil\u2066\u200f\x7f\x00\r mx\r\n`,
      0,
    ],
  ])("keeps a terminal safe from a server that %s with escapes", async (_, octets, status) => {
    using server = fakeSmtpServer(`S| ${octets}`);
    const ran = await run(command, ["-v", "--timeout", "5", `127.0.0.1:${server.port}`]);
    expect(ran.status).toBe(status);
    expect(ran.stderr).toContain("evil");
    expect(ran.stderr).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
    expect(ran.stderr.split("\n")).toHaveLength(2);
  });
});
