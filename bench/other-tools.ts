import { type Command, compare, faultOf, sideBySide } from "./stopwatch.ts";
import type { Goal, Row } from "./table.ts";
import type { Section } from "./workbench.ts";

const ROUNDS = 5;
const RUNS = 10;

/** One server up against other tools asked the same. */
export const otherToolRows: Section = async ({ stopwatch, oneServerUp, responder }) => {
  const rows: Row[] = [];
  for (const tool of otherTools(responder.port)) {
    const goal: Goal = tool.mustBeSlower ? { kind: "below", figure: 1 } : { kind: "reported" };
    const row = { what: "one server up, compiled binary, whole process", against: tool.name, goal };
    if (tool.command === null) {
      rows.push({ ...row, result: { kind: "missing", lacks: tool.from } });
      continue;
    }
    const fault = await faultOf(tool.command);
    if (fault !== null) {
      rows.push({ ...row, result: { kind: "missing", lacks: `a working ${tool.from}` } });
      console.error(`bench: ${fault}`);
      continue;
    }
    const [ours, theirs] = await sideBySide(
      stopwatch,
      [
        { command: oneServerUp, runs: RUNS },
        { command: tool.command, runs: tool.runs },
      ],
      ROUNDS,
    );
    rows.push({ ...row, result: compare(ours, theirs) });
  }
  return rows;
};

/** A tool that can be asked whether a server is up; `command` is null where it is not installed. */
type OtherTool = {
  readonly name: string;
  /** What to install for it. */
  readonly from: string;
  readonly mustBeSlower: boolean;
  readonly runs: number;
  readonly command: Command | null;
};

/** The tools to compare with, each asked about the server at this port of 127.0.0.1. */
function otherTools(port: number): readonly OtherTool[] {
  const p = `${port}`;
  return [
    {
      name: "`check_smtp`",
      from: "monitoring-plugins-basic",
      mustBeSlower: false,
      runs: 10,
      command: found(checkSmtp(), "-H", "127.0.0.1", "-p", p),
    },
    {
      name: "`swaks --quit-after banner`",
      from: "swaks",
      mustBeSlower: true,
      runs: 2,
      command: found(
        Bun.which("swaks"),
        "--server",
        "127.0.0.1",
        "--port",
        p,
        ...["--quit-after", "banner", "--to", "postmaster@mx.test", "--helo", "bench.test"],
      ),
    },
    {
      name: "`nmap --script banner`",
      from: "nmap",
      mustBeSlower: true,
      runs: 2,
      command: found(Bun.which("nmap"), "-Pn", "-n", "-p", p, "--script", "banner", "127.0.0.1"),
    },
    {
      name: "python3 `smtplib`",
      from: "python3",
      mustBeSlower: true,
      runs: 2,
      command: found(
        python(),
        "-c",
        `import smtplib; smtplib.SMTP("127.0.0.1", ${port}, "bench.test").quit()`,
      ),
    },
  ];
}

/** The same for tools that go through STARTTLS, asked about the server at this port. */
export function startTlsTools(port: number): readonly OtherTool[] {
  const finger = Bun.which("posttls-finger", { PATH: `${process.env["PATH"] ?? ""}:/usr/sbin` });
  return [
    {
      name: "`check_smtp -S`",
      from: "monitoring-plugins-basic",
      mustBeSlower: true,
      runs: 10,
      command: found(checkSmtp(), "-H", "127.0.0.1", "-p", `${port}`, "-S"),
    },
    {
      name: "`posttls-finger`",
      from: "postfix",
      mustBeSlower: true,
      runs: 10,
      command: found(finger, "-c", "-l", "encrypt", `[127.0.0.1]:${port}`),
    },
  ];
}

function found(program: string | null, ...args: readonly string[]): Command | null {
  return program === null ? null : { argv: [program, ...args], exitStatus: 0 };
}

function checkSmtp(): string | null {
  const { PATH: path = "" } = process.env;
  const PATH = `${path}:/usr/lib/nagios/plugins:/usr/lib/monitoring-plugins`;
  return Bun.which("check_smtp", { PATH });
}

/** The interpreter itself: what is on the path may be a version manager's shell script, slower than Python is. */
export function python(): string | null {
  const onPath = Bun.which("python3");
  if (onPath === null) return null;
  const { stdout, success } = Bun.spawnSync([onPath, "-c", "import sys; print(sys.executable)"]);
  return success ? stdout.toString().trim() : null;
}
