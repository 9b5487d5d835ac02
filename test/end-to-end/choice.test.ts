import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { refusedPort } from "../fake/dead-port.ts";
import { BUSY, GREETS, SILENT } from "../fake/scripts.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
import { commands, PATIENCE_MS, run } from "./command.ts";

setDefaultTimeout(PATIENCE_MS);

const [S1, S2, S3] = ["127.0.0.11", "127.0.0.12", "127.0.0.13"] as const;
const SLOW = "(wait 300ms)\nS: 220 slow.example.test";

interface StopRow {
  readonly rule: string;
  readonly args: readonly string[];
  /** What the first server plays; it greets when nothing is said. */
  readonly first?: string;
  readonly answer: string;
  /** Servers that are not to be connected to. */
  readonly untouched: readonly string[];
}

const stopRows: readonly StopRow[] = [
  {
    rule: "counts no server of the stop host's preference",
    args: ["--stop", S2, `10:${S1}`, `10:${S2}`, `20:${S3}`],
    answer: "",
    untouched: [S2, S3],
  },
  {
    rule: "waits for no server of the stop host's preference",
    args: ["--timeout", "0", "--stop", S2, `10:${S1}`, `10:${S2}`, `20:${S3}`],
    first: SILENT,
    answer: "",
    untouched: [S2, S3],
  },
  {
    rule: "counts no server of the stop host's preference behind it",
    args: ["--stop", S1, `10:${S1}`, `20:${S2}`, `10:${S3}`],
    answer: "",
    untouched: [S1, S2, S3],
  },
  {
    rule: "counts a server of a better preference",
    args: ["--stop", S2, `10:${S1}`, `20:${S2}`, `30:${S3}`],
    answer: S1,
    untouched: [S2, S3],
  },
  {
    rule: "counts a server before the stop host without preferences",
    args: ["--stop", S2, S1, S2, S3],
    answer: S1,
    untouched: [S2, S3],
  },
  {
    rule: "stops at the first of several stop hosts",
    args: ["--stop", S3, `--stop=${S2}`, `10:${S1}`, `20:${S2}`, `30:${S3}`],
    answer: S1,
    untouched: [S2, S3],
  },
  {
    rule: "stops at once when the stop host is the first",
    args: ["--stop", S1, S1, S2, S3],
    answer: "",
    untouched: [S1, S2, S3],
  },
];

describe.each(commands)("smtpdcheck $name", (command) => {
  test.concurrent.each(stopRows)(
    "--stop $rule",
    async ({ args, first: script = GREETS, answer, untouched }) => {
      using first = fakeSmtpServer(script, { hostname: S1 });
      using second = fakeSmtpServer(GREETS, { hostname: S2, port: first.port });
      using third = fakeSmtpServer(GREETS, { hostname: S3, port: first.port });
      expect(await run(command, ["-p", String(first.port), ...args])).toEqual({
        status: answer === "" ? 0 : 1,
        stdout: answer === "" ? "" : `${answer}\n`,
        stderr: "",
      });
      const touched = [first, second, third].filter((server) => server.connectionCount > 0);
      expect(touched.map((server) => server.hostname).filter((host) => untouched.includes(host))).toEqual([]);
    },
  );

  test.concurrent("--stop leaves 0 when the server before the stop host is down", async () => {
    using dead = refusedPort(S1);
    using second = fakeSmtpServer(GREETS, { hostname: S2, port: dead.port });
    using third = fakeSmtpServer(GREETS, { hostname: S3, port: dead.port });
    const ran = await run(command, [
      "-p",
      String(dead.port),
      "--stop",
      S2,
      `10:${S1}`,
      `20:${S2}`,
      `30:${S3}`,
    ]);
    expect(ran).toEqual({ status: 0, stdout: "", stderr: "" });
    expect([second.connectionCount, third.connectionCount]).toEqual([0, 0]);
  });

  test.concurrent("--stop knows the stop host by a shared address", async () => {
    using server = fakeSmtpServer(GREETS);
    const ran = await run(command, ["--stop", "localhost", `127.0.0.1:${server.port}`]);
    expect(ran).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(server.connectionCount).toBe(0);
  });

  test.concurrent("--stop-self knows this machine", async () => {
    using server = fakeSmtpServer(GREETS);
    const ran = await run(command, ["--stop-self", `127.0.0.1:${server.port}`]);
    expect(ran).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(server.connectionCount).toBe(0);
  });

  test.concurrent("every server counts when the stop host is not in the list", async () => {
    using server = fakeSmtpServer(GREETS);
    const ran = await run(command, ["--stop", S2, `127.0.0.1:${server.port}`]);
    expect(ran).toEqual({ status: 1, stdout: "127.0.0.1\n", stderr: "" });
  });

  test.concurrent("says on -v why a server does not count", async () => {
    const ran = await run(command, ["-v", "--stop", S2, `10:${S1}`, `10:${S2}`, `20:${S3}`]);
    expect(ran).toMatchObject({ status: 0, stdout: "" });
    expect(ran.stderr.trimEnd().split("\n").toSorted()).toEqual([
      `${S1}: skipped: same preference as the stop host`,
      `${S2}: skipped: stop host`,
      `${S3}: skipped: after the stop host`,
    ]);
  });

  test.concurrent("answers the first in list order, though a later one greets sooner", async () => {
    using slow = fakeSmtpServer(SLOW, { hostname: S1 });
    using quick = fakeSmtpServer(GREETS, { hostname: S2 });
    const ran = await run(command, [`20:${S1}:${slow.port}`, `10:${S2}:${quick.port}`]);
    expect(ran).toEqual({ status: 1, stdout: `${S1}\n`, stderr: "" });
    expect(quick.connectionCount).toBe(1);
  });

  test.concurrent("answers a later one when those before it are down", async () => {
    using busy = fakeSmtpServer(BUSY, { hostname: S1 });
    using dead = refusedPort(S2);
    using up = fakeSmtpServer(GREETS, { hostname: S3 });
    const ran = await run(command, [`${S1}:${busy.port}`, `${S2}:${dead.port}`, `${S3}:${up.port}`]);
    expect(ran).toEqual({ status: 1, stdout: `${S3}\n`, stderr: "" });
  });

  test.concurrent("does not wait for servers behind the answer", async () => {
    using up = fakeSmtpServer(GREETS, { hostname: S1 });
    using silent = fakeSmtpServer(SILENT, { hostname: S2 });
    const ran = await run(command, ["--timeout", "0", `${S1}:${up.port}`, `${S2}:${silent.port}`]);
    expect(ran).toEqual({ status: 1, stdout: `${S1}\n`, stderr: "" });
  });

  test.concurrent("--fastest answers the first to greet", async () => {
    using silent = fakeSmtpServer(SILENT, { hostname: S1 });
    using quick = fakeSmtpServer(GREETS, { hostname: S2 });
    const targets = [`${S1}:${silent.port}`, `${S2}:${quick.port}`];
    const ran = await run(command, ["--fastest", "--timeout", "0", ...targets]);
    expect(ran).toEqual({ status: 1, stdout: `${S2}\n`, stderr: "" });
  });

  test.concurrent("--timeout 0 sets no limit", async () => {
    using slow = fakeSmtpServer(SLOW, { hostname: S1 });
    const ran = await run(command, ["--timeout", "0", `${S1}:${slow.port}`]);
    expect(ran).toEqual({ status: 1, stdout: `${S1}\n`, stderr: "" });
  });
});
