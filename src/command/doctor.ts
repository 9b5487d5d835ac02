import { ask } from "../check/ask.ts";
import * as further from "../check/further.ts";
import {
  type AskingService,
  askingServices,
  diagnose,
  type PostfixSetup,
} from "../guard/doctor/diagnosis.ts";
import { examineExchangers } from "../guard/doctor/exchangers.ts";
import { type Finding, ok, renderFinding } from "../guard/doctor/finding.ts";
import { parseMasterCf } from "../guard/doctor/master-services.ts";
import { ownHosts } from "../guard/doctor/own-hosts.ts";
import { parseMainCf } from "../guard/doctor/parameters.ts";
import { relayDomains } from "../guard/doctor/relay-domains.ts";
import type { SocketSight } from "../guard/doctor/socket.ts";
import { lookAtSocket } from "../guard/doctor/socket-sight.ts";
import { cancellableSystemResolver } from "../names/cancellable-system.ts";
import { nameServers } from "../names/name-servers.ts";
import { readArguments } from "./arguments.ts";
import { DOCTOR_OPTIONS, DOCTOR_PAGE, type DoctorTask, readDoctorTask } from "./doctor-options.ts";
import { renderHelp } from "./help.ts";
import { readInput } from "./input.ts";
import { runPostconf } from "./postconf.ts";
import { print } from "./print.ts";
import { terminalColumns } from "./terminal.ts";

/** Far above any main.cf. */
const MAX_OCTETS = 4_194_304;
/** Most domains of relay_domains that are looked at: what an exchanger says of us does not differ by domain. */
const MAX_DOMAINS = 32;
/** What postconf -n leaves out where main.cf does, and was decided when Postfix was built, or by this machine. */
const DECIDED_ELSEWHERE = ["myhostname", "queue_directory", "mail_owner"];

/**
 * `smtpdcheck doctor`: a line for each finding; the exit status is 1 when one of them is not ok.
 * @throws {UsageError} for what cannot be read.
 * @throws {PostconfError} when postconf cannot be run.
 * @throws {InputError} when a file cannot be read.
 */
export async function doctor(argv: readonly string[], version: string): Promise<number> {
  const given = readArguments(argv, DOCTOR_OPTIONS);
  if (given.options.has("help")) return print(await renderHelp(DOCTOR_PAGE, version, terminalColumns(1)), 0);
  const task = readDoctorTask(given);
  const setup = await readSetup(task);
  const asking = askingServices(setup, task);
  const sights = task.files === null ? await lookAtSockets(asking) : new Map<string, SocketSight>();
  const findings = [...diagnose(setup, asking, sights, task), ...(await lookAtExchangers(setup, task))];
  const lines = findings.map((finding) => `${renderFinding(finding)}\n`);
  return print(lines.join(""), findings.every(({ level }) => level === "ok") ? 0 : 1);
}

async function readSetup({ files }: DoctorTask): Promise<PostfixSetup> {
  if (files !== null) {
    const mainCf = await readInput(files.mainCf, "main.cf", MAX_OCTETS);
    const masterCf = await readInput(files.masterCf, "master.cf", MAX_OCTETS);
    return { parameters: parseMainCf(mainCf), services: parseMasterCf(masterCf) };
  }
  const [decided, mainCf, masterCf] = await Promise.all([
    runPostconf(DECIDED_ELSEWHERE),
    runPostconf(["-n"]),
    runPostconf(["-M"]),
  ]);
  return { parameters: parseMainCf(`${decided}\n${mainCf}`), services: parseMasterCf(masterCf) };
}

async function lookAtSockets(asking: readonly AskingService[]): Promise<ReadonlyMap<string, SocketSight>> {
  const sights = new Map<string, SocketSight>();
  for (const { parameters, uses } of asking) {
    for (const { address, endpoint } of uses.map(({ service }) => service)) {
      if (endpoint === null || sights.has(address)) continue;
      const [queue, owner] = [parameters.value("queue_directory"), parameters.value("mail_owner")];
      sights.set(address, await lookAtSocket(endpoint, queue, owner));
    }
  }
  return sights;
}

async function lookAtExchangers({ parameters }: PostfixSetup, task: DoctorTask): Promise<readonly Finding[]> {
  const all = task.domains.length > 0 ? task.domains : relayDomains(parameters);
  const domains = task.domains.length > 0 ? all : all.slice(0, MAX_DOMAINS);
  if (domains.length === 0) {
    return [ok("no domain was looked at, for relay_domains names none itself: --domain DOMAIN looks at one")];
  }
  const servers = nameServers(task.dns);
  const addresses = task.dns.length > 0 ? servers : cancellableSystemResolver();
  const resolver = {
    exchanges: servers.exchanges,
    addresses: addresses.addresses,
  };
  const own = await ownHosts(parameters, task.stop, task.files === null, resolver);
  const findings = await examineExchangers(domains, own, {
    resolver,
    probe: async (hosts) => {
      const options = { resolver, port: task.port, until: "settled" } as const;
      return (await ask(hosts, options, async () => further)).servers;
    },
  });
  const left = all.length - domains.length;
  return left === 0
    ? findings
    : [...findings, ok(`${left} more domains of relay_domains were not looked at: --domain DOMAIN`)];
}
