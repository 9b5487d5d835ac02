import { systemResolver } from "../../names/system.ts";
import type { Endpoint } from "../../net/endpoint.ts";
import { reach } from "../../net/reachable.ts";
import { codeOf } from "../../text/errors.ts";
import { explainSystemError } from "../../text/system-error.ts";
import { MAX_PORT } from "../../text/target.ts";
import { findAccount, type Node, obstacleFor } from "./permissions.ts";
import type { PolicyEndpoint } from "./policy-service.ts";
import { pathOf, type SocketSight } from "./socket.ts";

const TIMEOUT_MS = 3_000;

/** Looks at a policy service's socket on this machine, and knocks at it once. */
export function lookAtSocket(
  endpoint: PolicyEndpoint,
  queueDirectory: string,
  mailOwner: string,
): Promise<SocketSight> {
  return endpoint.kind === "unix"
    ? lookAtPath(pathOf(endpoint.path, queueDirectory), mailOwner)
    : lookAtPort(endpoint.host, endpoint.port);
}

async function lookAtPath(path: string, mailOwner: string): Promise<SocketSight> {
  const { stat } = process.getBuiltinModule("node:fs").promises;
  try {
    if (!(await stat(path)).isSocket()) return { state: "no-socket", obstacle: null };
    const obstacle = await obstacleOf(path, mailOwner);
    return { ...(await knock({ address: `unix:${path}`, port: 0 })), obstacle };
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return { state: "missing", obstacle: null };
    return { state: "unknown", cause: explainSystemError(error), obstacle: null };
  }
}

async function lookAtPort(host: string, port: string): Promise<SocketSight> {
  const number = Number(port);
  if (!Number.isInteger(number) || number < 1 || number > MAX_PORT) {
    return { state: "unknown", cause: `"${port}" is no number`, obstacle: null };
  }
  const lookups = await Promise.all(
    ([4, 6] as const).map((family) => systemResolver.addresses(host, family)),
  );
  const addresses = lookups.flatMap((lookup) => (lookup.kind === "found" ? lookup.addresses : []));
  const sights = await Promise.all(addresses.map((address) => knock({ address, port: number })));
  const best = sights.find(({ state }) => state === "listening") ?? sights[0];
  return { ...(best ?? { state: "unknown", cause: `${host} cannot be looked up` }), obstacle: null };
}

async function knock(endpoint: Endpoint): Promise<Omit<SocketSight, "obstacle">> {
  const failure = await reach(endpoint, TIMEOUT_MS);
  if (failure === null) return { state: "listening" };
  switch (failure.kind) {
    case "refused":
      return { state: "deaf", cause: "refused" };
    case "reset":
      return { state: "deaf", cause: "reset" };
    case "timed-out":
      return { state: "deaf", cause: "timed out" };
    case "unreachable":
      return { state: "deaf", cause: failure.cause };
    case "no-resources":
      return { state: "unknown", cause: failure.cause };
  }
}

async function obstacleOf(path: string, mailOwner: string): Promise<string | null> {
  const { realpath, stat } = process.getBuiltinModule("node:fs").promises;
  const [passwd, group] = await Promise.all(["/etc/passwd", "/etc/group"].map(textOf));
  const account = findAccount(mailOwner, passwd ?? "", group ?? "");
  if (account === undefined) return null;
  const node = async (at: string): Promise<Node> => {
    const { uid, gid, mode } = await stat(at);
    return { path: at, user: uid, group: gid, mode };
  };
  const { dirname } = process.getBuiltinModule("node:path");
  const real = await realpath(path);
  const folders: string[] = [];
  for (let at = dirname(real); folders[0] !== at; at = dirname(at)) folders.unshift(at);
  return obstacleFor(account, await Promise.all(folders.map(node)), await node(real));
}

function textOf(path: string): Promise<string> {
  return Bun.file(path)
    .text()
    .catch(() => "");
}
