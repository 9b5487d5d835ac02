import { error, type Finding, ok, warning } from "./finding.ts";
import type { MasterService } from "./master-services.ts";
import type { Parameters } from "./parameters.ts";
import type { PolicyService } from "./policy-service.ts";

/** What was seen of a policy service's socket on this machine. */
export interface SocketSight {
  /** `unknown` when it cannot be told, because this user may not look or a name cannot be looked up. */
  readonly state: "listening" | "missing" | "no-socket" | "deaf" | "unknown";
  /** What was seen in the system's words; for `deaf` and `unknown`. */
  readonly cause?: string;
  /** What keeps Postfix's own user from it; null for nothing. */
  readonly obstacle: string | null;
}

/** How a service of master.cf reaches its sockets. */
export interface Standpoint {
  readonly parameters: Parameters;
  /** What `chroot` says of the smtpd that asks. */
  readonly chroot: string;
  readonly services: readonly MasterService[];
}

/** What is wrong with where a policy service is to be reached; the sight is null for what was not looked at. */
export function judgeSocket(
  { address, endpoint }: PolicyService,
  standpoint: Standpoint,
  sight: SocketSight | null,
): readonly Finding[] {
  if (endpoint === null) return [];
  if (endpoint.kind === "inet") return judgeSight(address, sight, address);
  const queue = standpoint.parameters.value("queue_directory");
  const [, spawned] = /^private\/([^/]+)$/.exec(endpoint.path) ?? [];
  if (spawned !== undefined) return judgeSpawned(address, spawned, standpoint, sight);
  const outside = judgeChroot(address, endpoint.path, queue, standpoint);
  if (outside.length > 0) return outside;
  const owner = standpoint.parameters.value("mail_owner");
  return judgeSight(address, sight, `'unix:${pathOf(endpoint.path, queue)}?mode=0660&owner=${owner}'`);
}

/** The absolute path of a socket, outside any chroot. */
export function pathOf(path: string, queueDirectory: string): string {
  return path.startsWith("/") ? path : `${queueDirectory}/${path}`;
}

function judgeChroot(
  address: string,
  path: string,
  queue: string,
  { parameters, chroot }: Standpoint,
): readonly Finding[] {
  if (!path.startsWith("/") || !isChrooted(chroot, parameters)) return [];
  const why = chroot === "y" ? "y in master.cf" : "- in master.cf, below compatibility level 1";
  const below = path.startsWith(`${queue}/`) ? path.slice(queue.length + 1) : "mxguard/policy.sock";
  return [
    error(
      `${address}: smtpd runs chrooted (${why}), so it looks for ${queue}${path}: write a path below ${queue}, such as unix:${below}`,
    ),
  ];
}

/** Whether a service runs chrooted: `-` is y below compatibility level 1 (COMPATIBILITY_README, "chroot=y"). */
function isChrooted(chroot: string, parameters: Parameters): boolean {
  return chroot === "y" || (chroot === "-" && !parameters.isLevel("1"));
}

function judgeSight(address: string, sight: SocketSight | null, listenAt: string): readonly Finding[] {
  if (sight === null) return [];
  const blocked =
    sight.obstacle === null ? [] : [error(`${address}: Postfix may not open it: ${sight.obstacle}`)];
  const start = `start smtpdcheck serve --policy ${listenAt}`;
  switch (sight.state) {
    case "listening":
      return [...blocked, ok(`${address}: somebody listens there`)];
    case "missing":
      return [...blocked, error(`${address}: there is no such socket: ${start}`)];
    case "no-socket":
      return [...blocked, error(`${address}: that is no socket: move it away, and ${start}`)];
    case "deaf":
      return [...blocked, error(`${address}: nobody listens there (${sight.cause}): ${start}`)];
    case "unknown":
      return [...blocked, warning(`${address}: cannot tell whether somebody listens there: ${sight.cause}`)];
  }
}

function judgeSpawned(
  address: string,
  name: string,
  { parameters, services }: Standpoint,
  sight: SocketSight | null,
): readonly Finding[] {
  const service = services.find((each) => each.name === name && each.type === "unix");
  const line = `${name} unix - n n - 0 spawn user=nobody argv=/usr/local/bin/smtpdcheck serve --policy stdio`;
  if (service === undefined) {
    if (sight?.state === "listening") return judgeSight(address, sight, address);
    return [error(`${address}: master.cf has no service ${name}: write "${line}"`)];
  }
  if (service.command !== "spawn") return [];
  const of = `spawn of ${name} in master.cf`;
  const faults = [
    ...(service.args.some((word) => word.startsWith("user="))
      ? []
      : [error(`${of} has no user=, and does not run without: write "${line}"`)]),
    ...(isChrooted(service.chroot, parameters)
      ? [error(`${of} runs chrooted, where there is no smtpdcheck: write "${line}"`)]
      : []),
    ...(service.processes === "0"
      ? []
      : [
          warning(
            `${of} runs ${service.processes === "-" ? "default_process_limit" : service.processes} guards at most, but each smtpd wants its own: write 0 there`,
          ),
        ]),
    ...(parameters.isGiven(`${name}_time_limit`)
      ? []
      : [
          warning(
            `${of} ends each guard after command_time_limit, in the middle of a session: write ${name}_time_limit = 86400 into main.cf`,
          ),
        ]),
  ];
  return faults.length > 0 ? faults : [ok(`${address}: spawn starts a guard there for each smtpd`)];
}
