import { readFileSync } from "node:fs";
import type { Zone } from "../test/fake/zone.ts";
import { type Listener, startListener } from "./servers.ts";
import type { Workbench } from "./workbench.ts";

/** A policy service in a process of its own, on a unix socket. */
export interface PolicyService extends AsyncDisposable {
  readonly socket: string;
  /** What it holds resident. */
  memoryMib(): number;
}

/** What a policy-loader is to do. */
export interface Load {
  readonly connections: number;
  readonly requests: number;
  /** Different ones, that are asked about in turn. */
  readonly recipients?: number;
  /** Each request is for a domain of its own, from the one of this number on. */
  readonly firstDomain?: number;
}

/** How a policy-loader was answered. */
export interface Answered {
  readonly perSecond: number;
  readonly medianUs: number;
  readonly percentile99Us: number;
}

/** The address of this machine that the loader's requests name. */
const OWN_ADDRESS = "127.0.0.12";
const STARTS_WITHIN_MS = 10_000;
const POLL_MS = 20;
const RECIPIENTS = 1_000;

/** Every name a domain with two exchangers: one primary for all of them, and this machine behind it. */
export const ONE_PRIMARY: Zone = {
  "*": {
    MX: [
      [10, "mx1.example.test"],
      [20, "mx2.example.test"],
    ],
  },
  "mx1.example.test": { A: ["127.0.0.11"] },
  "mx2.example.test": { A: [OWN_ADDRESS] },
};

/** So many domains, each with a primary of its own, as a policy-loader asks about them; the others have one for all. */
export function primariesOfTheirOwn(domains: number): Zone {
  const names = Array.from({ length: domains }, (_, at) => `d${at}.example.test`);
  return Object.fromEntries([
    ...Object.entries(ONE_PRIMARY),
    ...names.map((name) => [
      name,
      {
        MX: [
          [10, `mx1.${name}`],
          [20, "mx2.example.test"],
        ],
      },
    ]),
    ...names.map((name, at) => [`mx1.${name}`, { A: [`127.1.${Math.floor(at / 250)}.${1 + (at % 250)}`] }]),
  ]);
}

/** Starts the tests' name server in a process of its own. */
export async function startNameServer(scratch: string, zone: Zone): Promise<Listener> {
  const file = `${scratch}/zone.json`;
  await Bun.write(file, JSON.stringify(zone));
  return startListener([
    process.execPath,
    new URL("../test/fake/name-server.ts", import.meta.url).pathname,
    file,
  ]);
}

/** Starts the compiled guard, whose primaries are at this port. */
export function startGuard(
  { scratch, smtpdcheck }: Workbench,
  nameServer: Listener,
  primaryPort: number,
): Promise<PolicyService> {
  const socket = `${scratch}/guard.socket`;
  const names = ["--dns", `127.0.0.1:${nameServer.port}`, "--probe-loopback", "--port", `${primaryPort}`];
  return startService(smtpdcheck("serve", "--policy", `unix:${socket}`, ...names).argv, socket);
}

/** Starts a policy service, and resolves when it listens on its socket. */
export async function startService(argv: readonly string[], socket: string): Promise<PolicyService> {
  const child = Bun.spawn([...argv], { stdio: ["ignore", "ignore", "ignore"] });
  await untilListening(socket);
  return {
    socket,
    memoryMib: () => memoryMibOf(child.pid),
    async [Symbol.asyncDispose]() {
      child.kill();
      await child.exited;
    },
  };
}

async function untilListening(socket: string): Promise<void> {
  const endMs = performance.now() + STARTS_WITHIN_MS;
  for (;;) {
    try {
      (await Bun.connect({ unix: socket, socket: { data() {} } })).terminate();
      return;
    } catch (error) {
      if (performance.now() > endMs) throw error;
      await Bun.sleep(POLL_MS);
    }
  }
}

function memoryMibOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1_024;
}

/** Asks a policy service by the compiled policy-loader. */
export async function ask(loader: string, { socket }: PolicyService, load: Load): Promise<Answered> {
  const { connections, requests, recipients = RECIPIENTS, firstDomain } = load;
  const domains = firstDomain === undefined ? [] : [firstDomain];
  const argv = [loader, socket, ...[connections, requests, recipients, ...domains].map(String)];
  const child = Bun.spawn(argv, { stdio: ["ignore", "pipe", "inherit"] });
  const [perSecond, medianUs, percentile99Us] = (await child.stdout.text()).split(" ").map(Number);
  if (perSecond === undefined || medianUs === undefined || percentile99Us === undefined)
    throw new Error(`The policy loader ended with ${await child.exited}: ${argv.join(" ")}`);
  return { perSecond, medianUs, percentile99Us };
}
