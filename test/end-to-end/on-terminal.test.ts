import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { refusedPort } from "../fake/dead-port.ts";
import { BUSY, GREETS, SILENT } from "../fake/scripts.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
import { compiled, PATIENCE_MS, withoutTimes } from "./command.ts";
import { hasTerminals, runOnTerminal } from "./pseudo-terminal.ts";
import { serversOnOnePort } from "./servers-on-one-port.ts";

setDefaultTimeout(PATIENCE_MS);

const REWRITE = "\r\u001b[K";
const [GREEN, RED, GREY, PLAIN] = ["\u001b[32m", "\u001b[31m", "\u001b[90m", "\u001b[0m"] as const;
const REFUSED = "127.0.0.1:PPPPP: 127.0.0.1 refused the connection";

/** Waits in vain for a server that refuses, on a terminal. */
async function waitInVain(columns: number, ...args: readonly string[]) {
  using nobody = refusedPort();
  const words = ["--require", "any", "--wait", "1.5", ...args, `127.0.0.1:${nobody.port}`];
  const { status, shown } = await runOnTerminal(compiled, words, columns);
  expect(status).toBe(1);
  return withoutTimes(shown).replaceAll(`:${nobody.port}: `, ":PPPPP: ");
}

/** A table of one server that is up, one that is down, and one that is skipped. */
async function drawTable(columns: number, env: Readonly<Record<string, string>> = {}): Promise<string> {
  using up = serversOnOnePort({ "127.0.0.11": GREETS, "127.0.0.12": BUSY });
  const args = ["--format", "table", "-p", String(up.port), "--stop", "127.0.0.13"];
  const servers = ["127.0.0.11", "127.0.0.12", "127.0.0.13"];
  const { status, shown } = await runOnTerminal(compiled, [...args, ...servers], columns, env);
  expect(status).toBe(1);
  return shown;
}

describe.skipIf(!hasTerminals)("smtpdcheck compiled on a terminal", () => {
  test.concurrent("--wait shows one status line that is rewritten, and clears it", async () => {
    const shown = await waitInVain(200);
    const [before, ...statuses] = shown.split(REWRITE);
    expect(before).toBe("");
    expect(statuses.at(-1)).toBe(
      `${RED}smtpdcheck: 127.0.0.1:PPPPP: unavailable: 127.0.0.1 refused the connection (connect N ms)${PLAIN}\r\n`,
    );
    expect(statuses.length).toBeGreaterThan(1);
    for (const status of statuses.slice(0, -1))
      expect(status).toMatch(new RegExp(`^waiting, [01] of 1\\.5 s: ${REFUSED}$`));
  });

  test.concurrent("--wait clips the status line to the terminal", async () => {
    const [, ...statuses] = (await waitInVain(40)).split(REWRITE);
    for (const status of statuses.slice(0, -1)) {
      expect(status).toEndWith("…");
      expect(Bun.stringWidth(status)).toBe(39);
    }
  });

  test.concurrent("--wait shows what it waits for though the terminal tells no width", async () => {
    expect(await waitInVain(0)).toContain(REFUSED);
  });

  test.concurrent("--wait keeps the status line and the lines of -v apart", async () => {
    for (const line of (await waitInVain(200, "-v")).split("\r\n")) {
      expect(Bun.stripANSI(line.split(REWRITE).at(-1) ?? "")).not.toMatch(/waiting.*unavailable/);
    }
  });

  test.concurrent("--wait leaves nothing but the answer when the server is up", async () => {
    using up = fakeSmtpServer(GREETS);
    const args = ["--require", "any", "--wait", "14", `127.0.0.1:${up.port}`];
    const { status, shown } = await runOnTerminal(compiled, args, 80);
    expect({ status, shown: shown.replaceAll(REWRITE, "") }).toEqual({ status: 0, shown: "127.0.0.1\r\n" });
  });

  test.concurrent("shows how far a check is that takes longer than a second, and wipes that out", async () => {
    using silent = fakeSmtpServer(SILENT);
    using up = fakeSmtpServer(GREETS);
    const words = ["--timeout", "1.6", `127.0.0.1:${silent.port}`, `localhost:${up.port}`];
    const { status, shown } = await runOnTerminal(compiled, words, 200);
    const [before, ...lines] = shown.split(REWRITE);
    expect({ status, before, answer: lines.at(-1) }).toEqual({
      status: 1,
      before: "",
      answer: "localhost\r\n",
    });
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines.slice(0, -1)) {
      expect(line).toMatch(/^1 of 2 settled, 1 available, (?:1\.0|0\.\d) a second, [12] s left$/);
    }
  });

  test.concurrent.each([
    ["how far a check is", []],
    ["what it waits for", ["--require", "any", "--wait", "20"]],
  ])("wipes out %s when it is interrupted, and ends", async (_, options) => {
    using silent = fakeSmtpServer(SILENT);
    const words = [
      ...compiled.argv,
      ...options,
      "--timeout",
      "0.9",
      `127.0.0.1:${silent.port}`,
      `127.0.0.2:${silent.port}`,
    ];
    const shell = { name: "interrupted", argv: ["timeout", "--foreground", "-s", "INT", "1.6", ...words] };
    const args = options.length > 0 ? [] : ["--timeout", "9"];
    const { status, shown } = await runOnTerminal(shell, args, 200);
    expect([status, shown.split(REWRITE).length > 2, shown.split(REWRITE).at(-1)]).toEqual([124, true, ""]);
  });

  test.concurrent("rewrites nothing with TERM=dumb", async () => {
    using silent = fakeSmtpServer(SILENT);
    const words = ["--timeout", "1.3", `127.0.0.1:${silent.port}`];
    expect(await runOnTerminal(compiled, words, 200, { TERM: "dumb" })).toEqual({ status: 0, shown: "" });
    const wait = ["--require", "any", "--wait", "0.3", `127.0.0.1:${silent.port}`];
    expect((await runOnTerminal(compiled, wait, 200, { TERM: "dumb" })).shown).toMatch(
      /^(?:smtpdcheck: \P{Cc}+\r\n)+$/u,
    );
  });

  test.concurrent.each([[{}], [{ NO_COLOR: "" }]])("draws a table in colour, with %j", async (env) => {
    const shown = await drawTable(200, env);
    expect(shown).toContain(`${GREEN}+ available${PLAIN}`);
    expect(shown).toContain(`${RED}! unavailable${PLAIN}`);
    expect(shown).toContain(`${GREY}- skipped${PLAIN}`);
  });

  test.concurrent.each([
    ["NO_COLOR", { NO_COLOR: "0" }],
    ["TERM=dumb", { TERM: "dumb" }],
  ])("draws a table without colour for %s", async (_, env) => {
    expect(await drawTable(200, env)).toMatch(/^[^\p{Cc}\r\n]*Pref(?:\P{Cc}|\r\n)*$/u);
  });

  test.concurrent.each([40, 80, 100])("draws a table that fits into %p columns", async (columns) => {
    for (const line of Bun.stripANSI(await drawTable(columns)).split("\r\n")) {
      expect(Bun.stringWidth(line)).toBeLessThanOrEqual(columns);
    }
  });

  test.concurrent("draws a table without numbers that are cut", async () => {
    const [header, row] = (await drawTable(60)).split("\r\n");
    expect(header).toMatch(/^Pref {2}Server +Address +Verdict +Greet ms$/);
    expect(Bun.stripANSI(row ?? "")).toMatch(/^ +- {2}127\S+ +127\.0\.0\.11 {2}\+ available +\d+\.\d$/);
  });

  test.concurrent.each([
    [200, 79],
    [60, 60],
    [0, 79],
  ])("shows options on a terminal of %d columns in lines of %d at most", async (columns, most) => {
    const { status, shown } = await runOnTerminal(compiled, ["--help"], columns);
    expect(status).toBe(0);
    const widths = shown.split("\r\n").map((line) => Bun.stringWidth(line));
    expect(Math.max(...widths)).toBeWithin(most - 4, most + 1);
  });

  test.concurrent("draws a whole table where the terminal tells no width", async () => {
    expect(await drawTable(0)).toContain('is busy: "421 4.7.0 too busy"\r\n');
  });

  test.concurrent("colours neither JSON nor what a monitor reads", async () => {
    using up = fakeSmtpServer(GREETS);
    for (const format of ["json", "nagios", "text"]) {
      const { shown } = await runOnTerminal(compiled, ["--format", format, `127.0.0.1:${up.port}`], 80);
      expect(shown).toMatch(/^(?:\P{Cc}|\r\n)+$/u);
    }
  });
});
