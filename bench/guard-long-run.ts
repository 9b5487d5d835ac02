import {
  ask,
  type Load,
  ONE_PRIMARY,
  type PolicyService,
  startGuard,
  startNameServer,
} from "./policy-services.ts";
import { median, type Row } from "./table.ts";
import { compileC, type Section } from "./workbench.ts";

const IDLE_ROUNDS = 5;
/** Long enough for whatever a start leaves to be done. */
const IDLE_AFTER_MS = 2_000;

/** What a guard holds: idle, and after more than it will remember. */
export const guardMemoryRows: Section = async (workbench) => {
  const loader = await compileC("policy-loader", workbench.scratch);
  if (loader === null) return [];
  const nameServer = await startNameServer(workbench.scratch, ONE_PRIMARY);
  const start = () => startGuard(workbench, nameServer, workbench.responder.port);
  try {
    return [
      await idleRow(start),
      await boundedRow("10⁶ distinct sendings", start, loader, [300_000, 600_000, 1_000_000], () => ({
        recipients: 1_000_000,
      })),
      await boundedRow("100,000 domains", start, loader, [40_000, 70_000, 100_000], (firstDomain) => ({
        firstDomain,
      })),
    ];
  } finally {
    await nameServer.stop();
  }
};

async function idleRow(start: () => Promise<PolicyService>): Promise<Row> {
  const figures: number[] = [];
  for (let round = 0; round < IDLE_ROUNDS; round++) {
    await using guard = await start();
    await Bun.sleep(IDLE_AFTER_MS);
    figures.push(guard.memoryMib());
  }
  const figure = median(figures);
  return {
    what: "the guard's memory, idle",
    against: "",
    unit: "MiB",
    goal: { kind: "at-most", figure: 45 },
    result: { kind: "measured", figure, runs: `${IDLE_ROUNDS}`, here: `${figure.toFixed(1)} MiB` },
  };
}

/** Garbage makes what is held go up and down by a fifth; without a bound it would be two and a half times as much, or three. */
const FLAT = 1.25;
const CONNECTIONS = 64;
/** What is garbage is not held: when it is idle the guard lets go of it. */
const REST_MS = 5_000;

/** Three stations, the first of which is past the bound of what is remembered. */
async function boundedRow(
  what: string,
  start: () => Promise<PolicyService>,
  loader: string,
  stations: readonly [number, number, number],
  kind: (from: number) => Partial<Load>,
): Promise<Row> {
  await using guard = await start();
  const memoryMib: number[] = [];
  let from = 0;
  for (const to of stations) {
    await ask(loader, guard, { connections: CONNECTIONS, requests: to - from, ...kind(from) });
    await Bun.sleep(REST_MS);
    memoryMib.push(guard.memoryMib());
    from = to;
  }
  const [atBound = Number.NaN, , atEnd = Number.NaN] = memoryMib;
  return {
    what: `the guard's memory after ${what}`,
    against: `after ${stations[0].toLocaleString("en")}`,
    goal: { kind: "at-most", figure: FLAT },
    result: {
      kind: "measured",
      figure: atEnd / atBound,
      runs: "1",
      here: `${memoryMib.map((mib) => mib.toFixed(0)).join(", ")} MiB`,
    },
  };
}

const RECIPIENTS_A_SECOND = 1_000;
const TICK_MS = 10;
const MINUTE_MS = 60_000;
/** The guard's first minute, and one in which a mail check takes a probe's place. */
const MINUTES = 2;

/** What a primary sees of a guard that is asked about it a thousand times a second. */
export const guardConnectionRows: Section = async (workbench) => {
  using primary = startPrimary();
  const nameServer = await startNameServer(workbench.scratch, ONE_PRIMARY);
  try {
    await using guard = await startGuard(workbench, nameServer, primary.port);
    const answered = await knock(guard, MINUTES * MINUTE_MS);
    const { most, total, lost } = primary.seen();
    const runs = `${answered} recipients in ${MINUTES} minutes`;
    const row = (what: string, figure: number, most: number, unit: "a minute" | "×"): Row => ({
      what,
      against: "",
      unit,
      goal: { kind: "at-most", figure: most },
      result: { kind: "measured", figure, runs, here: `${total} connections` },
    });
    return [
      row("connections to a primary under 1,000 recipients a second", total / MINUTES, 13, "a minute"),
      row("open ones at a time", most, 1, "×"),
      row("those that ended without QUIT", lost, 0, "×"),
    ];
  } finally {
    await nameServer.stop();
  }
};

function startPrimary() {
  let [open, most, total, lost] = [0, 0, 0, 0];
  const listener = Bun.listen<{ hasQuit: boolean }>({
    hostname: "127.0.0.11",
    port: 0,
    socket: {
      open(socket) {
        socket.data = { hasQuit: false };
        total += 1;
        open += 1;
        most = Math.max(most, open);
        socket.write("220 mx1.example.test ESMTP\r\n");
      },
      data(socket, octets) {
        const command = octets.toString().toUpperCase();
        socket.data.hasQuit = command.startsWith("QUIT");
        if (socket.data.hasQuit) socket.end("221 2.0.0 Bye\r\n");
        else socket.write("250 2.0.0 Ok\r\n");
      },
      close(socket) {
        open -= 1;
        if (!socket.data.hasQuit) lost += 1;
      },
    },
  });
  return {
    port: listener.port,
    seen: () => ({ most, total, lost }),
    [Symbol.dispose]: () => listener.stop(true),
  };
}

/** Asks about so many recipients a second, for so long; how many were answered. */
async function knock({ socket: unix }: PolicyService, forMs: number): Promise<number> {
  let answered = 0;
  const socket = await Bun.connect({
    unix,
    socket: {
      data(_, octets) {
        answered += octets.toString().split("\n\n").length - 1;
      },
    },
  });
  const startedAtMs = performance.now();
  for (let asked = 0; ; ) {
    const elapsedMs = performance.now() - startedAtMs;
    if (elapsedMs > forMs) break;
    const due = Math.floor((elapsedMs * RECIPIENTS_A_SECOND) / 1_000) - asked;
    socket.write(REQUEST.repeat(due));
    asked += due;
    await Bun.sleep(TICK_MS);
  }
  socket.end();
  return answered;
}

const REQUEST = `request=smtpd_access_policy
protocol_state=RCPT
client_address=198.51.100.10
server_address=127.0.0.12
sender=a@client.test
recipient=user@example.test

`;
