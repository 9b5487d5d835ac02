import { rmSync } from "node:fs";
import {
  type Answered,
  ask,
  ONE_PRIMARY,
  type PolicyService,
  primariesOfTheirOwn,
  startGuard,
  startNameServer,
  startService,
} from "./policy-services.ts";
import { median, medianRatio, type Row } from "./table.ts";
import { compileC, compileProgram, type Section, type Workbench } from "./workbench.ts";

/** The JIT's last word comes after tens of thousands of requests. */
const WARM_UP = 100_000;
const ROUNDS = 21;
const REQUESTS = 10_000;

/** Decisions from memory, by one connection and by 64 that each wait for their answer. */
export const guardRateRows: Section = async (workbench) => {
  const { scratch, responder } = workbench;
  const loader = await compileC("policy-loader", scratch);
  if (loader === null) return [];
  const nameServer = await startNameServer(scratch, ONE_PRIMARY);
  try {
    await using guard = await startGuard(workbench, nameServer, responder.port);
    await using other = await startOther(workbench, await compileOther(workbench, "policy-responder"));
    for (const service of [guard, other]) await ask(loader, service, { connections: 1, requests: WARM_UP });
    const rows: Row[] = [];
    for (const connections of [1, 64]) {
      const [ours, theirs]: [Answered[], Answered[]] = [[], []];
      for (let round = 0; round < ROUNDS; round++) {
        theirs.push(await ask(loader, other, { connections, requests: REQUESTS }));
        ours.push(await ask(loader, guard, { connections, requests: REQUESTS }));
      }
      rows.push(...rateRows(connections, ours, theirs));
    }
    return rows;
  } finally {
    await nameServer.stop();
  }
};

function rateRows(
  connections: number,
  ours: readonly Answered[],
  theirs: readonly Answered[],
): readonly Row[] {
  const runs = `${ROUNDS} × ${REQUESTS}:${REQUESTS}`;
  const [rates, otherRates] = [ours, theirs].map((side) => side.map(({ perSecond }) => perSecond)) as [
    number[],
    number[],
  ];
  const slowest = [ours, theirs].map(
    (side) => median(side.map(({ percentile99Us }) => percentile99Us)) / 1_000,
  );
  const [oursMs = Number.NaN, theirsMs = Number.NaN] = slowest;
  const where = connections === 1 ? "one connection" : `${connections} connections`;
  return [
    {
      what: `decisions a second from memory, ${where}`,
      against: "a Bun responder that reads them and says DUNNO",
      goal: { kind: "at-least", figure: 0.8 },
      result: {
        kind: "measured",
        figure: medianRatio(rates, otherRates),
        runs,
        here: `${median(rates).toFixed(0)} : ${median(otherRates).toFixed(0)} a second`,
      },
    },
    {
      what: "the 99th percentile of a decision under that load",
      against: "the same responder, for comparison",
      unit: "ms",
      goal: connections === 1 ? { kind: "at-most", figure: 1 } : { kind: "reported" },
      result: {
        kind: "measured",
        figure: oursMs,
        runs,
        here: `${oursMs.toFixed(2)} : ${theirsMs.toFixed(2)} ms`,
      },
    },
  ];
}

/** A guard meets at most 60 addresses a minute for the first time, and so many rounds it is measured after one that is not. */
const NEW_DOMAINS = 50;
const NEW_AT_A_TIME = 10;
const FIRST_ROUNDS = 4;
const MINUTE_MS = 60_000;
const AGAIN_MS = 1_000;
/** Domains of the one primary, which warm up all but the meeting. */
const WARM_UP_DOMAINS = { connections: 1, requests: 5_000, firstDomain: 1_000_000 };

/** The first decision for a domain whose primary nobody has met, against looking it up and meeting it by hand. */
export const guardFirstRows: Section = async (workbench) => {
  const { scratch, responder } = workbench;
  const loader = await compileC("policy-loader", scratch);
  if (loader === null) return [];
  const nameServer = await startNameServer(scratch, primariesOfTheirOwn(NEW_DOMAINS * (1 + FIRST_ROUNDS)));
  const program = await compileOther(workbench, "first-contact");
  const [ours, theirs]: [number[], number[]] = [[], []];
  try {
    await using guard = await startGuard(workbench, nameServer, responder.port);
    await using other = await startOther(workbench, program, nameServer.port, responder.port);
    for (const service of [guard, other]) await ask(loader, service, WARM_UP_DOMAINS);
    for (let round = 0; round <= FIRST_ROUNDS; round++) {
      for (let at = 0; at < NEW_DOMAINS; at += NEW_AT_A_TIME) {
        const load = { connections: 1, requests: NEW_AT_A_TIME, firstDomain: round * NEW_DOMAINS + at };
        const otherMs = (await ask(loader, other, load)).medianUs / 1_000;
        const guardMs = (await ask(loader, guard, load)).medianUs / 1_000;
        if (round === 0) continue;
        theirs.push(otherMs);
        ours.push(guardMs);
      }
      if (round < FIRST_ROUNDS) await keepAsking(loader, [guard, other], (round + 1) * NEW_DOMAINS);
    }
  } finally {
    await nameServer.stop();
  }
  return [
    {
      what: "the first decision for a new domain",
      against: "a bare Bun program: MX and address lookups, connect, greeting",
      goal: { kind: "at-most", figure: 1.3 },
      result: {
        kind: "measured",
        figure: medianRatio(ours, theirs),
        runs: `${ours.length} × ${NEW_AT_A_TIME}:${NEW_AT_A_TIME}`,
        here: `${median(ours).toFixed(2)} : ${median(theirs).toFixed(2)} ms`,
      },
    },
  ];
};

/** A minute in which the guard probes all primaries that it knows, and the other meets them as often: both get warm. */
async function keepAsking(
  loader: string,
  services: readonly PolicyService[],
  domains: number,
): Promise<void> {
  const endMs = performance.now() + MINUTE_MS;
  while (performance.now() < endMs) {
    for (const service of services)
      await ask(loader, service, { connections: 1, requests: domains, firstDomain: 0 });
    await Bun.sleep(AGAIN_MS);
  }
}

/** Compiles a policy service of this folder. */
function compileOther({ scratch }: Workbench, name: string): Promise<string> {
  return compileProgram(`./bench/${name}.ts`, `${scratch}/${name}`);
}

function startOther(
  { scratch }: Workbench,
  program: string,
  ...args: readonly number[]
): Promise<PolicyService> {
  const socket = `${scratch}/other.socket`;
  rmSync(socket, { force: true });
  return startService([program, socket, ...args.map(String)], socket);
}
