import type { Connection } from "../net/connection.ts";
import type { Secure } from "./script.ts";

/** Why a handshake was not begun: what came in the clear would have been taken for something said under TLS (RFC 3207 §6). */
export const INJECTION = "injection: the server, or somebody between, said more before TLS";

/**
 * Begins a handshake that may take its share of the time that is left until a moment of `performance.now`; gives the
 * timer that gives it up, if it has less than all of that.
 */
export function beginHandshake(
  { secure: { options, share } }: Secure,
  connection: Pick<Connection, "secure">,
  untilMs: number,
  giveUp: () => void,
): Timer | undefined {
  const leftMs = untilMs - performance.now();
  connection.secure(options);
  return share < 1 && Number.isFinite(leftMs) ? setTimeout(giveUp, Math.max(0, leftMs * share)) : undefined;
}
