import { join } from "node:path";
import { type Run, startLibrary } from "./clients.ts";
import { python, startTlsTools } from "./other-tools.ts";
import { startListener } from "./servers.ts";
import { compare, faultOf, sideBySide } from "./stopwatch.ts";
import { median, medianRatio, type Row } from "./table.ts";
import type { Section, Workbench } from "./workbench.ts";

const SERVERS = 1_000;
const ROUNDS = 7;
const PROCESS_ROUNDS = 5;
const RUNS = 10;
const PEERS = join(import.meta.dir, "starttls-peers.ts");
const SERVER = join(import.meta.dir, "starttls-server.py");

/** Through STARTTLS (ECDSA P-256, TLS 1.3): one server against other tools, and a thousand against a bare client on Bun. */
export const startTlsRows: Section = async (workbench) => {
  const identity = await makeIdentity(workbench.scratch);
  if (identity === null) return [rateRow([], [])];
  return [...(await processRows(workbench, identity)), await throughput(identity)];
};

/** The server is Python's: one on Bun sends a session ticket in two parts, 40 ms apart for whoever waits for all of it. */
async function processRows(
  { stopwatch, smtpdcheck }: Workbench,
  identity: readonly string[],
): Promise<readonly Row[]> {
  const interpreter = python();
  if (interpreter === null)
    return startTlsTools(0).map((tool) => processRow(tool, { kind: "missing", lacks: "python3" }));
  const server = await startListener([interpreter, SERVER, ...identity]);
  try {
    const rows: Row[] = [];
    for (const tool of startTlsTools(server.port)) {
      const { command, from } = tool;
      const isWorking = command !== null && (await faultOf(command)) === null;
      if (!isWorking) {
        rows.push(processRow(tool, { kind: "missing", lacks: `a working ${from}` }));
        continue;
      }
      const ours = {
        command: smtpdcheck("--quit-after", "starttls", `127.0.0.1:${server.port}`),
        runs: RUNS,
      };
      const [mine, theirs] = await sideBySide(stopwatch, [ours, { command, runs: RUNS }], PROCESS_ROUNDS);
      rows.push(processRow(tool, compare(mine, theirs)));
    }
    return rows;
  } finally {
    await server.stop();
  }
}

function processRow({ name }: { readonly name: string }, result: Row["result"]): Row {
  const goal = { kind: "below", figure: 1 } as const;
  return { what: "one server through starttls, whole process", against: name, goal, result };
}

async function throughput(identity: readonly string[]): Promise<Row> {
  const server = await startListener([process.execPath, PEERS, "server", ...identity]);
  const { port } = server;
  const library = await startLibrary(SERVERS);
  const options = {
    until: "settled",
    quitAfter: "starttls",
    helo: "bench.test",
    timeoutMs: 30_000,
    port,
  } as const;
  const [ours, theirs]: [number[], number[]] = [[], []];
  try {
    for (let round = -1; round < ROUNDS; round += 1) {
      const run: Run = await library.run({ kind: "probe", servers: SERVERS, options });
      const [reached = 0, elapsedMs = 0] = await runBareClient(port);
      if (run.greeted !== SERVERS || reached !== SERVERS) throw new Error("Not every server was reached");
      if (round < 0) continue;
      ours.push(SERVERS / (run.elapsedMs / 1_000));
      theirs.push(SERVERS / (elapsedMs / 1_000));
    }
    return rateRow(ours, theirs);
  } finally {
    await library.stop();
    await server.stop();
  }
}

async function runBareClient(port: number): Promise<readonly number[]> {
  const child = Bun.spawn([process.execPath, PEERS, "client", `${port}`, `${SERVERS}`], { stdout: "pipe" });
  return (await child.stdout.text()).split(" ").map(Number);
}

function rateRow(ours: readonly number[], theirs: readonly number[]): Row {
  return {
    what: "1,000 servers through starttls in one process: rate",
    against: "a bare client on Bun",
    goal: { kind: "at-least", figure: 0.8 },
    result:
      ours.length === 0
        ? { kind: "missing", lacks: "openssl" }
        : {
            kind: "measured",
            figure: medianRatio([...ours], [...theirs]),
            runs: `${ROUNDS} × 1:1`,
            here: `${median([...ours]).toFixed(0)} : ${median([...theirs]).toFixed(0)} a second`,
          },
  };
}

/** Key and certificate in files; null without openssl. */
async function makeIdentity(folder: string): Promise<readonly [key: string, cert: string] | null> {
  if (Bun.which("openssl") === null) return null;
  const [key, cert] = [join(folder, "bench.key"), join(folder, "bench.pem")];
  const how = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"];
  const { exitCode } = Bun.spawnSync(
    ["openssl", "req", "-x509", ...how, "-subj", "/CN=mx.test", "-keyout", key, "-out", cert],
    { stderr: "ignore" },
  );
  return exitCode === 0 ? [key, cert] : null;
}
