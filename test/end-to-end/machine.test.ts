import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { GREETS, SILENT } from "../fake/scripts.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
import { commands, compiled, inShell, PATIENCE_MS, run } from "./command.ts";

setDefaultTimeout(PATIENCE_MS);

const ONE_ERROR_LINE = /^smtpdcheck: [^\n]+\n$/;
const CLOSED_PIPE = `
  folder=$(mktemp -d) && mkfifo "$folder/pipe" && exec 3<>"$folder/pipe" 4>"$folder/pipe" 3<&- && rm -r "$folder"
  "$@" >&4
`;

describe.each(commands)("smtpdcheck $name", (command) => {
  test.concurrent.each([
    ["is a full disk", `"$@" >/dev/full`],
    ["is a closed pipe", CLOSED_PIPE],
  ])("exits 2 when standard output %s", async (_, line) => {
    using server = fakeSmtpServer(GREETS);
    const ran = await run(command, [`127.0.0.1:${server.port}`], { under: inShell(line) });
    expect(ran).toEqual({ status: 2, stdout: "", stderr: expect.stringMatching(ONE_ERROR_LINE) });
  });

  test.concurrent("does not need standard output when no server is available", async () => {
    using server = fakeSmtpServer("S: 554 no");
    const ran = await run(command, [`127.0.0.1:${server.port}`], { under: inShell(`"$@" >/dev/full`) });
    expect(ran).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  test.concurrent.each([
    ["full", `"$@" 2>/dev/full`],
    ["a closed pipe", CLOSED_PIPE.replace(">&4", "2>&4")],
    ["closed", `"$@" 2>&-`],
  ])("answers though standard error is %s", async (_, line) => {
    using server = fakeSmtpServer(GREETS);
    const ran = await run(command, ["-v", `127.0.0.1:${server.port}`], { under: inShell(line) });
    expect(ran).toEqual({ status: 1, stdout: "127.0.0.1\n", stderr: "" });
  });

  test.concurrent("never reads standard input", async () => {
    using server = fakeSmtpServer(GREETS);
    const options = { under: inShell(`"$@" >/dev/null; exec cat`), stdin: "left over\n" };
    const ran = await run(command, [`127.0.0.1:${server.port}`], options);
    expect(ran).toEqual({ status: 0, stdout: "left over\n", stderr: "" });
  });

  test.concurrent("answers truly when descriptors are scarce", async () => {
    const silent = Array.from({ length: 30 }, () => fakeSmtpServer("(wait 200ms)\nS: 554 no"));
    using up = fakeSmtpServer(GREETS);
    const targets = [...silent, up].map(({ port }) => `127.0.0.1:${port}`);
    for (const limit of [24, 32, 40, 64]) {
      const ran = await run(command, targets, { under: ["prlimit", `--nofile=${limit}`] });
      expect({ limit, ...ran }).toEqual({ limit, status: 1, stdout: "127.0.0.1\n", stderr: "" });
    }
    for (const server of silent) server[Symbol.dispose]();
  });
});

test.concurrent("smtpdcheck compiled exits 2 when it has no descriptor for a connection", async () => {
  using server = fakeSmtpServer(GREETS);
  const ran = await run(compiled, [`127.0.0.1:${server.port}`], { under: ["prlimit", "--nofile=5"] });
  expect(ran).toEqual({ status: 2, stdout: "", stderr: expect.stringMatching(ONE_ERROR_LINE) });
});

test.concurrent("smtpdcheck compiled never calls a server down for want of descriptors", async () => {
  using first = fakeSmtpServer(SILENT);
  using up = fakeSmtpServer(GREETS);
  const targets = [`127.0.0.1:${first.port}`, `127.0.0.1:${up.port}`, `localhost:${up.port}`];
  const limits = Array.from({ length: 20 }, (_, index) => index + 5);
  const runs = limits.map(async (limit) => {
    const under = ["prlimit", `--nofile=${limit}`];
    return { limit, ...(await run(compiled, ["-v", "--timeout", "2", ...targets], { under })) };
  });
  const wrong = (await Promise.all(runs)).filter(({ status, stdout, stderr }) => {
    return (stdout === "" ? status !== 2 : status !== 1) || /refused|not found/.test(stderr);
  });
  expect(wrong).toEqual([]);
});
