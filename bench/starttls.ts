import { join } from "node:path";
import { type Run, startLibrary } from "./clients.ts";
import { startTlsTools } from "./other-tools.ts";
import { startListener } from "./servers.ts";
import { compare, faultOf, sideBySide } from "./stopwatch.ts";
import { median, medianRatio, type Row } from "./table.ts";
import type { Section } from "./workbench.ts";

const SERVERS = 1_000;
const ROUNDS = 7;
const PROCESS_ROUNDS = 5;
const RUNS = 10;
const PEERS = join(import.meta.dir, "starttls-peers.ts");

/** Through STARTTLS (ECDSA P-256, TLS 1.3): one server against other tools, and a thousand against a bare client on Bun. */
export const startTlsRows: Section = async ({ scratch, stopwatch, smtpdcheck }) => {
  const identity = await makeIdentity(scratch);
  if (identity === null) return [rateRow([], [])];
  const server = await startListener([process.execPath, PEERS, "server", ...identity]);
  try {
    const rows: Row[] = [];
    const ours = smtpdcheck("--quit-after", "starttls", `127.0.0.1:${server.port}`);
    for (const { name, from, command } of startTlsTools(server.port)) {
      const row = { what: "one server through starttls, whole process", against: name } as const;
      const goal = { kind: "below", figure: 1 } as const;
      const lacks = command === null || (await faultOf(command)) !== null ? `a working ${from}` : null;
      if (command === null || lacks !== null) {
        rows.push({ ...row, goal, result: { kind: "missing", lacks: lacks ?? from } });
        continue;
      }
      const pair = [ours, command].map((each) => ({ command: each, runs: RUNS })) as [
        { command: typeof ours; runs: number },
        { command: typeof command; runs: number },
      ];
      const [mine, theirs] = await sideBySide(stopwatch, pair, PROCESS_ROUNDS);
      rows.push({ ...row, goal, result: compare(mine, theirs) });
    }
    return [...rows, await throughput(server.port)];
  } finally {
    await server.stop();
  }
};

async function throughput(port: number): Promise<Row> {
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
