import type { ConnectFailure } from "./connect-failure.ts";

/** How a connection came to its end, when the far end or the network ended it. */
export type ConnectionEnd = "closed" | "reset";

/** Whoever a connection is made for; it is called from the socket's own handlers. */
export interface Listener {
  opened(): void;
  /** The connection was not made. Never called by the constructor. */
  failed(failure: ConnectFailure): void;
  heard(octets: Uint8Array): void;
  /** A handshake is over, well or not; one that went well may fail once more, for TLS 1.3 tells of a client refused behind it. */
  secured(handshake: Handshake): void;
  ended(how: ConnectionEnd): void;
}

/** What Bun says of a handshake: success is false for a certificate that is for another name too. */
export interface Handshake {
  readonly socket: Bun.Socket<unknown>;
  readonly success: boolean;
  /** What the system's verification complained of, or why it failed; null for nothing. */
  readonly complaint: unknown;
}

/** Both ends of a connection, each asked of the system when it is wanted; left out for a socket without addresses. */
export interface Ends {
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}
