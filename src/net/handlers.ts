import { codeOf } from "../text/errors.ts";

/** Whoever a socket belongs to, in its `data`; called by the socket's own handlers. */
export interface SocketOwner {
  /** The socket is there, although not yet connected. */
  began(socket: Bun.Socket<SocketOwner>): void;
  opened(socket: Bun.Socket<SocketOwner>): void;
  heard(socket: Bun.Socket<SocketOwner>, octets: Uint8Array): void;
  drained(socket: Bun.Socket<SocketOwner>): void;
  secured(socket: Bun.Socket<SocketOwner>, success: boolean, complaint: unknown): void;
  /** Over, or never connected, and then with the system's own code. */
  ended(socket: Bun.Socket<SocketOwner>, error: unknown): void;
  /** Bun gave up connecting, and what it says of that is not always true. */
  failed(error: unknown): void;
}

/** For a connection that Bun makes by itself. */
export const HANDLERS: Bun.SocketHandler<SocketOwner> = {
  open: (socket) => socket.data.opened(socket),
  data: (socket, octets) => socket.data.heard(socket, octets),
  drain: (socket) => socket.data.drained(socket),
  close: (socket, error) => socket.data.ended(socket, error),
  error(socket, error) {
    if (isSystemError(error)) socket.data.ended(socket, error);
    else queueMicrotask(() => rethrow(error));
  },
  connectError: (socket, error) => socket.data?.failed(error),
};

/** Under TLS; "open" was said before. */
export const SECURED_HANDLERS: Bun.SocketHandler<SocketOwner> = {
  ...HANDLERS,
  open: () => {},
  handshake: (socket, success, error) => socket.data.secured(socket, success, error),
};

/** For a descriptor of our own: Bun says "open" at once, and "drain" when it is connected. */
export const PENDING_HANDLERS: Bun.SocketHandler<SocketOwner> = {
  ...HANDLERS,
  open: (socket) => socket.data.began(socket),
};

/** Bun hands an exception of one of these handlers to `error` too: what we did wrong is not the network's doing. */
function isSystemError(error: unknown): boolean {
  return /^E[A-Z\d]+$/.test(codeOf(error) ?? "");
}

function rethrow(error: unknown): never {
  throw error;
}
