import { codeOf } from "../text/errors.ts";
import type { Endpoint } from "./endpoint.ts";
import { isOwnFailure } from "./own-failure.ts";

/** Why no connection was made: the far end's doing, the network's, or (`no-resources`) this machine's own. */
export type ConnectFailure =
  | { readonly kind: "refused" }
  | { readonly kind: "unreachable"; readonly cause: string }
  | { readonly kind: "timed-out"; readonly stage: "connect" }
  | { readonly kind: "reset"; readonly stage: "connect" }
  | { readonly kind: "no-resources"; readonly cause: string };

/** Linux gives up on a SYN that nobody answers after about 127 s (tcp(7), tcp_syn_retries); Bun calls that a refusal. */
const KERNEL_TIMEOUT_MS = 60_000;
/** Linux gives up on an address that answers no ARP after about three seconds (arp(7)); Bun calls that a refusal too. */
const ARP_TIMEOUT_MS = 900;

/** What a failed connect means when its code is the system's own. */
export function connectFailureOf(code: string): ConnectFailure {
  if (isOwnFailure(code)) return { kind: "no-resources", cause: code };
  switch (code) {
    case "ECONNREFUSED":
      return { kind: "refused" };
    case "ECONNRESET":
      return { kind: "reset", stage: "connect" };
    case "ETIMEDOUT":
      return { kind: "timed-out", stage: "connect" };
    default:
      return { kind: "unreachable", cause: code };
  }
}

/** The same for a unix socket: one that this user may not use says nothing about the server. */
export function pathFailureOf(code: string): ConnectFailure {
  return code === "EACCES" || code === "EPERM"
    ? { kind: "no-resources", cause: code }
    : connectFailureOf(code);
}

/**
 * What a failed connect of Bun's own really means. Bun 1.4.5 says ECONNREFUSED for nearly everything, so before a
 * refusal is believed it is made sure that this machine could have connected: a UDP socket can be had and be connected,
 * which sends nothing and truly fails without a descriptor or a route.
 */
export async function explainConnectFailure(
  code: string,
  endpoint: Endpoint,
  elapsedMs: number,
): Promise<ConnectFailure> {
  if (code !== "ECONNREFUSED") return connectFailureOf(code);
  if (elapsedMs > KERNEL_TIMEOUT_MS) return connectFailureOf("ETIMEDOUT");
  const obstacle = await routeObstacle(endpoint);
  if (obstacle !== undefined) return connectFailureOf(obstacle);
  const isNeighbourDead = elapsedMs > ARP_TIMEOUT_MS && (await isSilentNeighbour(endpoint.address));
  return connectFailureOf(isNeighbourDead ? "EHOSTUNREACH" : code);
}

async function routeObstacle({ address, port }: Endpoint): Promise<string | undefined> {
  try {
    const hostname = address.includes(":") ? "::" : "0.0.0.0";
    const socket = await Bun.udpSocket({ hostname, connect: { hostname: address, port } });
    socket.close();
    return undefined;
  } catch (error) {
    return codeOf(error);
  }
}

async function isSilentNeighbour(address: string): Promise<boolean> {
  const table = await Bun.file("/proc/net/arp")
    .text()
    .catch(() => "");
  return table
    .split("\n")
    .some((row) => row.startsWith(`${address} `) && row.includes(" 00:00:00:00:00:00 "));
}
