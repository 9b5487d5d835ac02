import { join } from "node:path";
import { compiled, projectFolder } from "../../end-to-end/command.ts";
import { OWNER } from "../postfix.ts";
import { makeServerFolder } from "../server-folder.ts";
import type { Host } from "./network.ts";
import { type Service, startService } from "./service.ts";

/** How one guard is run. */
export interface GuardOptions {
  readonly options?: readonly string[];
  /** Where it speaks the policy protocol; by default {@link POLICY}. */
  readonly policy?: string;
  /** Where it speaks the socketmap protocol, and no other. */
  readonly socketmap?: string;
  /** The path of its socket, or its port. */
  readonly listensOn?: number | string;
  /** Words put before the command. */
  readonly under?: readonly string[];
  /** Shell lines run in its mount namespace before it starts; its folder is `$0`. */
  readonly mounts?: string;
}

/** Where a guard speaks the policy protocol by default. */
export const POLICY = "inet:127.0.0.1:10040";
/** The same as main.cf has it, as the shipped lines do. */
export const POLICY_SERVICE = serviceAt(POLICY);

const PORT = 10_040;

/** A policy service as the shipped lines of main.cf have it. */
export function serviceAt(address: string): string {
  return `{ ${address}, timeout=10s, default_action=DUNNO }`;
}

/** Starts `smtpdcheck serve` on a host. */
export async function startGuard(host: Host, launch: GuardOptions = {}): Promise<Service> {
  const { options = [], policy = POLICY, socketmap, listensOn = PORT, under = [], mounts = "" } = launch;
  const folder = await makeServerFolder([OWNER]);
  const speaks = socketmap === undefined ? ["--policy", policy] : ["--socketmap", socketmap];
  const argv = [...under, ...compiled.argv, "serve", ...speaks, ...options];
  return startService({ host, folder, argv, listensOn, mounts });
}

/** The words that run the command. */
export const COMMAND = compiled.argv.join(" ");

/** A file that is shipped for administrators, with other words in it for some of its own. */
export async function shipped(file: string, others: Readonly<Record<string, string>> = {}): Promise<string> {
  let text = await Bun.file(join(projectFolder, "contrib", file)).text();
  for (const [own, other] of Object.entries(others)) {
    if (!text.includes(own)) throw new Error(`Cannot find "${own}" in contrib/${file}`);
    text = text.replaceAll(own, other);
  }
  return text;
}
