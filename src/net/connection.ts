import { codeOf } from "../text/errors.ts";
import { type ConnectFailure, connectFailureOf, explainConnectFailure } from "./connect-failure.ts";
import type { Endpoint } from "./endpoint.ts";
import { beginConnect, closeDescriptor } from "./system-socket.ts";

/** How a connection came to its end, when the far end or the network ended it. */
export type ConnectionEnd = "closed" | "reset";

/** Whoever a connection is made for; it is called from the socket's own handlers. */
export interface Listener {
  opened(): void;
  /** The connection was not made. Never called by the constructor. */
  failed(failure: ConnectFailure): void;
  heard(octets: Uint8Array): void;
  ended(how: ConnectionEnd): void;
}

let uncancellable = 0;

/**
 * Lets Bun make the first so many connections of this process by itself: that starts 0.3 ms faster, and what is given up
 * holds its descriptor until the kernel gives up too. For a process that ends with its answer.
 */
export function allowUncancellable(connections: number): void {
  uncancellable = connections;
}

/** One TCP connection: the only meeting with `Bun.connect`. Nothing a server does makes it throw. */
export class Connection {
  readonly listener: Listener;
  readonly #endpoint: Endpoint;
  readonly #startedAtMs = performance.now();
  #socket: Bun.Socket<Connection> | undefined;
  #isOpen = false;
  #unsent = "";
  #isOver = false;

  constructor(endpoint: Endpoint, listener: Listener) {
    this.listener = listener;
    this.#endpoint = endpoint;
    uncancellable -= 1;
    const descriptor = uncancellable >= 0 ? undefined : beginConnect(endpoint);
    if (typeof descriptor === "string") queueMicrotask(() => this.#fail(connectFailureOf(descriptor)));
    else this.#connect(descriptor);
  }

  #connect(descriptor: number | undefined): void {
    const { address: hostname, port } = this.#endpoint;
    try {
      const way =
        descriptor === undefined
          ? { hostname, port, socket: HANDLERS, data: this }
          : { fd: descriptor, socket: PENDING_HANDLERS, data: this };
      // Bun's types know `fd`, but not for connect.
      Bun.connect(way as Bun.TCPSocketConnectOptions<Connection>).catch((error) => this.failed(error));
    } catch (error) {
      if (descriptor !== undefined) closeDescriptor(descriptor);
      queueMicrotask(() => this.failed(error));
    }
  }

  /** Says something, now or as soon as there is room for it; one character an octet. */
  say(text: string): void {
    const pending = this.#unsent + text;
    const taken = this.#socket?.write(pending) ?? 0;
    this.#unsent = pending.slice(Math.max(0, taken));
  }

  /** Says a last word, if there is one, and closes in order (FIN after the octets). */
  end(lastWord: string): void {
    this.#isOver = true;
    this.#socket?.end(lastWord);
  }

  /**
   * Ends at once, but for a connection that Bun itself is still making ({@link allowUncancellable}): that is closed here
   * should it open after all.
   */
  terminate(): void {
    this.#isOver = true;
    this.#socket?.terminate();
  }

  /** @internal for the socket's handlers: the socket is there, although not yet connected. */
  began(socket: Bun.Socket<Connection>): void {
    this.#socket = socket;
    if (this.#isOver) socket.terminate();
  }

  /** @internal for the socket's handlers */
  opened(socket: Bun.Socket<Connection>): void {
    this.began(socket);
    this.#isOpen = true;
    if (!this.#isOver) this.listener.opened();
  }

  /** @internal for the socket's handlers */
  heard(octets: Uint8Array): void {
    if (!this.#isOver) this.listener.heard(octets);
  }

  /** @internal for the socket's handlers */
  drained(socket: Bun.Socket<Connection>): void {
    if (!this.#isOpen) this.opened(socket);
    else if (!this.#isOver && this.#unsent !== "") this.say("");
  }

  /** @internal for the socket's handlers: over, or never connected, and then with the system's own code. */
  ended(error: unknown): void {
    if (!this.#isOpen) this.#fail(connectFailureOf(codeOf(error) ?? "ECONNRESET"));
    if (this.#isOver) return;
    this.#isOver = true;
    this.listener.ended(error === undefined || error === null ? "closed" : "reset");
  }

  /** @internal for the socket's handlers: Bun gave up, and what it says of that is not always true. */
  failed(error: unknown): void {
    if (this.#isOver || this.#isOpen) return;
    const elapsedMs = performance.now() - this.#startedAtMs;
    explainConnectFailure(codeOf(error) ?? "ECONNREFUSED", this.#endpoint, elapsedMs).then((failure) =>
      this.#fail(failure),
    );
  }

  #fail(failure: ConnectFailure): void {
    if (this.#isOver || this.#isOpen) return;
    this.#isOver = true;
    this.listener.failed(failure);
  }
}

const HANDLERS: Bun.SocketHandler<Connection> = {
  open: (socket) => socket.data.opened(socket),
  data: (socket, octets) => socket.data.heard(octets),
  drain: (socket) => socket.data.drained(socket),
  close: (socket, error) => socket.data.ended(error),
  error: (socket, error) => socket.data.ended(error),
  connectError: (socket, error) => socket.data?.failed(error),
};

/** For a descriptor of our own: Bun says "open" at once, and "drain" when it is connected. */
const PENDING_HANDLERS: Bun.SocketHandler<Connection> = {
  ...HANDLERS,
  open: (socket) => socket.data.began(socket),
};
