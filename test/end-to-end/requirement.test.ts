import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { refusedPort } from "../fake/dead-port.ts";
import { BUSY, GREETS, SILENT } from "../fake/scripts.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
import { commands, compiled, PATIENCE_MS, run, withoutTimes } from "./command.ts";
import { readReport } from "./read-report.ts";
import { serversOnOnePort } from "./servers-on-one-port.ts";

setDefaultTimeout(PATIENCE_MS);

const [S1, S2, S3] = ["127.0.0.11", "127.0.0.12", "127.0.0.13"] as const;
const TIMES = "(connect N ms, greeting N ms)";
const SAYS = {
  up: `available: %s said "220 mx.example.test ESMTP" ${TIMES}`,
  down: `unavailable: %s is busy: "421 4.7.0 too busy" ${TIMES}`,
  unknown: "undetermined: could not be probed by this machine: no connection to a name server (dns N ms)",
} as const;

type Kind = keyof typeof SAYS;

/** The servers in the order of the list; then exit status, and what is blamed, under each requirement. */
interface Row {
  readonly servers: readonly Kind[];
  readonly none: 0 | 1 | 2;
  readonly any: 0 | 1 | 2;
  readonly all: 0 | 1 | 2;
}

const rows: readonly Row[] = [
  { servers: ["up"], none: 1, any: 0, all: 0 },
  { servers: ["down"], none: 0, any: 1, all: 1 },
  { servers: ["up", "up"], none: 1, any: 0, all: 0 },
  { servers: ["up", "down"], none: 1, any: 0, all: 1 },
  { servers: ["down", "up"], none: 1, any: 0, all: 1 },
  { servers: ["down", "down"], none: 0, any: 1, all: 1 },
];

/** The unknown ones are names that no name server can be asked for. */
const unknownRows: readonly Row[] = [
  { servers: ["unknown"], none: 2, any: 2, all: 2 },
  { servers: ["up", "unknown"], none: 1, any: 0, all: 2 },
  { servers: ["down", "unknown"], none: 2, any: 2, all: 1 },
  { servers: ["unknown", "unknown"], none: 2, any: 2, all: 2 },
];

const requirements = ["none", "any", "all"] as const;
const scripts = { up: GREETS, down: BUSY, unknown: GREETS };

function startServers(kinds: readonly Kind[]) {
  const hostnames = [S1, S2, S3].slice(0, kinds.length);
  const servers = kinds.map((kind, at) => fakeSmtpServer(scripts[kind], { hostname: hostnames[at] ?? S3 }));
  const targets = servers.map(({ hostname, port }, at) =>
    kinds[at] === "unknown" ? `unknown${at}.test:${port}` : `${hostname}:${port}`,
  );
  return {
    targets,
    lines: servers.map(({ hostname }, at) => {
      return `${targets[at]}: ${SAYS[kinds[at] ?? "down"].replace("%s", hostname)}\n`;
    }),
    [Symbol.dispose]() {
      for (const server of servers) server[Symbol.dispose]();
    },
  };
}

/** Which of the servers standard error names: those because of which the status is not 0. */
function blamed(
  { servers }: Row,
  requirement: (typeof requirements)[number],
  status: 0 | 1 | 2,
): readonly number[] {
  if (status === 0 || (requirement === "none" && status === 1)) return [];
  const kind = status === 2 ? "unknown" : "down";
  return servers.flatMap((server, at) => (server === kind ? [at] : []));
}

/** The one line for any number of servers of which this one was the first that could not be probed. */
function cannotTell(requirement: (typeof requirements)[number], target: string, count: number): string {
  const question = requirement === "all" ? "every server is" : "a server is";
  const others = count > 1 ? ` (and ${count - 1} more)` : "";
  return `smtpdcheck: Cannot tell whether ${question} available: ${target}: could not be probed by this machine: no connection to a name server${others}\n`;
}

function answerOf({ servers }: Row, requirement: (typeof requirements)[number], status: 0 | 1 | 2): string {
  const at = servers.indexOf("up");
  if (at === -1 || (requirement === "all" && status !== 0)) return "";
  return `${[S1, S2, S3][at]}\n`;
}

describe.each(commands)("smtpdcheck $name", (command) => {
  for (const requirement of requirements) {
    test.concurrent.each(rows.map((row) => [row.servers.join(" and "), row] as const))(
      `--require ${requirement} of %s`,
      async (_, row) => {
        const status = row[requirement];
        using started = startServers(row.servers);
        const ran = await run(command, ["--require", requirement, ...started.targets]);
        expect(ran).toMatchObject({ status, stdout: answerOf(row, requirement, status) });
        const named = withoutTimes(ran.stderr);
        const failing = blamed(row, requirement, status).map((at) => `smtpdcheck: ${started.lines[at]}`);
        if (requirement === "all" && failing.length > 0) expect(failing.join("")).toContain(named);
        else expect(named).toBe(failing.join(""));
        if (failing.length > 0) expect(named).not.toBe("");
      },
    );
  }
});

describe("smtpdcheck compiled, when this machine cannot ask for all", () => {
  for (const requirement of requirements) {
    test.concurrent.each(unknownRows.map((row) => [row.servers.join(" and "), row] as const))(
      `--require ${requirement} of %s`,
      async (_, row) => {
        const status = row[requirement];
        using started = startServers(row.servers);
        using nobody = refusedPort();
        const args = ["--require", requirement, "--dns", `127.0.0.1:${nobody.port}`, ...started.targets];
        const ran = await run(compiled, args);
        expect(ran).toMatchObject({ status, stdout: answerOf(row, requirement, status) });
        const failing = blamed(row, requirement, status);
        const named = failing.map((at) => `smtpdcheck: ${started.lines[at]}`).join("");
        const first = started.targets[failing[0] ?? 0] ?? "";
        expect(withoutTimes(ran.stderr)).toBe(
          status === 2 ? cannotTell(requirement, first, failing.length) : named,
        );
      },
    );
  }

  test.concurrent.each(requirements)(
    "--require %s exits 2 without a descriptor for anybody",
    async (requirement) => {
      using up = fakeSmtpServer(GREETS);
      const ask = (limit: number) =>
        run(compiled, ["--require", requirement, `127.0.0.1:${up.port}`], {
          under: ["prlimit", `--nofile=${limit}`],
        });
      let limit = 5;
      while ((await ask(limit)).status === 2) limit += 1;
      expect(limit).toBeWithin(6, 20);
      expect(await ask(limit - 1)).toMatchObject({
        status: 2,
        stdout: "",
        stderr: expect.stringContaining(": EMFILE\n"),
      });
    },
  );
});

describe("smtpdcheck --require", () => {
  test.concurrent.each([
    ["none", 0],
    ["any", 1],
    ["all", 1],
  ] as const)("%s exits %p when no server counts", async (requirement, status) => {
    const ran = await run(compiled, ["--require", requirement, "--stop", S1, S1, S2]);
    const said = requirement === "none" ? "" : `smtpdcheck: No server counts: ${S1}: stop host\n`;
    expect(ran).toEqual({ status, stdout: "", stderr: said });
  });

  test.concurrent("all names others that have failed shortly after, and waits no longer than that", async () => {
    using one = fakeSmtpServer(BUSY, { hostname: S1 });
    using late = fakeSmtpServer(`(wait 20ms)\n${BUSY}`, { hostname: S2 });
    using silent = fakeSmtpServer(SILENT, { hostname: "127.0.0.99" });
    const servers = [`${S1}:${one.port}`, `${S2}:${late.port}`, `127.0.0.99:${silent.port}`];
    const { status, stderr } = await run(compiled, ["--require", "all", "--timeout", "0", ...servers]);
    expect([status, stderr.split("\n").map((line) => line.split(" ")[1])]).toEqual([
      1,
      [`${S1}:${one.port}:`, `${S2}:${late.port}:`, undefined],
    ]);
  });

  test.concurrent.each([
    ["behind", (down: string, silent: string) => [down, silent]],
    ["in front", (down: string, silent: string) => [silent, down]],
  ])("all ends at the first failure, with a silent server %s", async (_, order) => {
    using down = fakeSmtpServer(BUSY, { hostname: S1 });
    using silent = fakeSmtpServer(SILENT, { hostname: S2 });
    const targets = order(`${S1}:${down.port}`, `${S2}:${silent.port}`);
    const ran = await run(compiled, ["--require", "all", "--timeout", "0", ...targets]);
    expect({ ...ran, stderr: withoutTimes(ran.stderr) }).toEqual({
      status: 1,
      stdout: "",
      stderr: `smtpdcheck: ${S1}:${down.port}: ${SAYS.down.replace("%s", S1)}\n`,
    });
  });

  test.concurrent("any ends at the first success, with silent servers around it", async () => {
    using silent = fakeSmtpServer(SILENT, { hostname: S1 });
    using up = fakeSmtpServer(GREETS, { hostname: S2 });
    const targets = [`${S2}:${up.port}`, `${S1}:${silent.port}`];
    const ran = await run(compiled, ["--require=any", "--timeout", "0", ...targets]);
    expect(ran).toEqual({ status: 0, stdout: `${S2}\n`, stderr: "" });
  });

  test.concurrent("all does not count what stands behind the stop host", async () => {
    using servers = serversOnOnePort({ [S1]: GREETS, [S2]: BUSY, [S3]: BUSY });
    const args = ["--require", "all", "-p", String(servers.port), "--stop", S2, S1, S2, S3];
    expect(await run(compiled, args)).toEqual({ status: 0, stdout: `${S1}\n`, stderr: "" });
    expect(servers.connectionCounts).toEqual([1, 0, 0]);
  });

  test.concurrent("names a failing server once when -v has named it already", async () => {
    using started = startServers(["down", "down"]);
    const ran = await run(compiled, ["-v", "--require", "any", ...started.targets]);
    expect(ran).toMatchObject({ status: 1, stdout: "" });
    const said = withoutTimes(ran.stderr).split(/(?<=\n)/);
    expect(said.toSorted()).toEqual([...started.lines]);
  });

  test.concurrent("all names every failing server in a report", async () => {
    using started = startServers(["down", "up", "down"]);
    const ran = await run(compiled, ["--require", "all", "--format", "json", ...started.targets]);
    expect(ran).toMatchObject({ status: 1, stderr: "" });
    expect(readReport(ran.stdout)).toMatchObject({
      verdict: "available",
      server: S2,
      requirement: "all-available",
      met: false,
    });
  });

  test.concurrent.each(["", "some", "ALL", "none,any"])("exits 2 for %p", async (requirement) => {
    const ran = await run(compiled, [`--require=${requirement}`, "127.0.0.1"]);
    expect(ran).toEqual({ status: 2, stdout: "", stderr: expect.stringMatching(/^smtpdcheck: [^\n]+\n$/) });
    expect(ran.stderr).toContain("--require");
  });
});
