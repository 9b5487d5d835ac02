import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { refusedPort } from "../fake/dead-port.ts";
import { fakeNameServer } from "../fake/name-server.ts";
import { BUSY, GREETS } from "../fake/scripts.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
import { commands, compiled, PATIENCE_MS, run, withoutTimes } from "./command.ts";

setDefaultTimeout(PATIENCE_MS);

const HEADER =
  "Pref  Server            Address     Verdict        DNS ms  Conn ms  Greet ms  What it said, or why not";

/** The cells of one line, with each time as N and each port as P. */
function cellsOf(line: string): readonly string[] {
  const cells = line.trim().split(/ {2,}/);
  return cells.map((cell) => (/^\d+\.\d$/.test(cell) ? "N" : cell.replace(/:\d+$/, ":P")));
}

describe.each(commands)("smtpdcheck $name --format table", (command) => {
  test.concurrent("shows every server, and no colour in a pipe", async () => {
    using up = fakeSmtpServer(GREETS, { hostname: "127.0.0.11" });
    using busy = fakeSmtpServer(BUSY, { hostname: "127.0.0.12" });
    using nobody = refusedPort("127.0.0.13");
    const targets = [up, busy, nobody].map(({ hostname, port }, at) => `${at + 1}0:${hostname}:${port}`);
    const rest = ["40:127.0.0.14", "40:127.0.0.15", "50:127.0.0.16"];
    const args = ["--format", "table", "--stop", "127.0.0.14", ...targets, ...rest];
    const ran = await run(command, args, { env: { FORCE_COLOR: "1", TERM: "xterm-256color" } });
    expect(ran).toMatchObject({ status: 1, stderr: "" });
    const [header = "", ...lines] = ran.stdout.split("\n");
    expect(header).toBe(HEADER);
    expect(lines.slice(0, 6).map(cellsOf)).toEqual([
      ["10", "127.0.0.11:P", "127.0.0.11", "+ available", "-", "N", "N", 'said "220 mx.example.test ESMTP"'],
      ["20", "127.0.0.12:P", "127.0.0.12", "! unavailable", "-", "N", "N", 'is busy: "421 4.7.0 too busy"'],
      ["30", "127.0.0.13:P", "127.0.0.13", "! unavailable", "-", "N", "-", "refused the connection"],
      ["40", "127.0.0.14", "-", "- skipped", "-", "-", "-", "stop host"],
      ["40", "127.0.0.15", "-", "- skipped", "-", "-", "-", "same preference as the stop host"],
      ["50", "127.0.0.16", "-", "- skipped", "-", "-", "-", "after the stop host"],
    ]);
    expect(withoutTimes(lines.slice(6).join("\n"))).toBe(
      `\nUse 127.0.0.11:${up.port}: 1 available, 2 unavailable, 3 skipped; N ms\n`,
    );
  });
});

describe("smtpdcheck --format table", () => {
  test.concurrent("aligns its columns, with wide names too", async () => {
    using dns = await fakeNameServer({ "*": { A: ["127.0.0.11"] }, "null.test": { MX: [[0, "."]] } });
    using up = fakeSmtpServer(GREETS, { hostname: "127.0.0.11" });
    const servers = ["bücher.test", "郵便局.test", "10:a.test"];
    const options = ["--format", "table", "--dns", dns.address, "-p", String(up.port), "--mx", "null.test"];
    const { stdout, status } = await run(compiled, [...options, ...servers]);
    expect(status).toBe(1);
    const lines = stdout.split("\n").slice(0, 5);
    expect(lines[1]).toEndWith("  null MX");
    const columnOf = (line: string, mark: string) => Bun.stringWidth(line.slice(0, line.indexOf(mark)));
    const wanted = columnOf(lines[0] ?? "", "What it said");
    expect(columnOf(lines[1] ?? "", "null MX")).toBe(wanted);
    for (const line of lines.slice(2)) expect(columnOf(line, "said")).toBe(wanted);
  });

  test.concurrent("cannot be broken by what a server says", async () => {
    using server = fakeSmtpServer(String.raw`S| 554 a\x1b[2J\x07\x9b31m\u202e\t|b\r\n`);
    const { stdout } = await run(compiled, ["--format", "table", `127.0.0.1:${server.port}`]);
    expect(stdout).toMatch(/^(?:[^\p{Cc}\p{Cf}]*\n){4}$/u);
  });

  test.concurrent.each([
    ["none", 0, "No server is available (--require none is met)"],
    ["any", 1, "No server is available (--require any is not met)"],
    ["all", 1, "No server is available (--require all is not met)"],
  ] as const)("with --require %s exits %p when a server is down", async (requirement, status, summary) => {
    using busy = fakeSmtpServer(BUSY);
    const args = ["--format", "table", "--require", requirement, `127.0.0.1:${busy.port}`];
    const ran = await run(compiled, args);
    expect(ran).toMatchObject({ status, stderr: "" });
    expect(ran.stdout).toContain(`\n${summary}: 1 unavailable; `);
  });

  test.concurrent("exits 2 when this machine leaves it open", async () => {
    const ran = await run(compiled, ["--format=table", "127.0.0.1"], { under: ["prlimit", "--nofile=5"] });
    expect(ran.status).toBe(2);
    expect(ran.stdout).toContain("? undetermined");
    expect(ran.stdout).toContain("\nCannot tell whether a server is available, because of this machine: ");
  });
});
