import { codeOf } from "../text/errors.ts";
import type { Endpoint } from "./endpoint.ts";

/** How a connection came to its end, when the far end or the network ended it. */
export type ConnectionEnd = "closed" | "reset";

/** Whoever a connection is made for; it is called from the socket's own handlers. */
export interface Listener {
  opened(): void;
  /** The connection was not made; the code is the system's, or what Bun makes of it. Never called by the constructor. */
  failed(code: string): void;
  heard(octets: Uint8Array): void;
  ended(how: ConnectionEnd): void;
}

/** One TCP connection: the only meeting with `Bun.connect`. Nothing a server does makes it throw. */
export class Connection {
  readonly listener: Listener;
  #socket: Bun.Socket<Connection> | undefined;
  #unsent = "";
  #isOver = false;

  constructor({ address, port }: Endpoint, listener: Listener) {
    this.listener = listener;
    try {
      Bun.connect({ hostname: address, port, socket: HANDLERS, data: this }).catch((error) =>
        this.failed(error),
      );
    } catch (error) {
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
   * Ends at once. `Bun.connect` has no cancel: a connection that is still being made holds its descriptor until the
   * kernel gives up, and is closed here should it open after all.
   */
  terminate(): void {
    this.#isOver = true;
    this.#socket?.terminate();
  }

  /** @internal for the socket's handlers */
  opened(socket: Bun.Socket<Connection>): void {
    this.#socket = socket;
    if (this.#isOver) socket.terminate();
    else this.listener.opened();
  }

  /** @internal for the socket's handlers */
  heard(octets: Uint8Array): void {
    if (!this.#isOver) this.listener.heard(octets);
  }

  /** @internal for the socket's handlers */
  drained(): void {
    if (!this.#isOver && this.#unsent !== "") this.say("");
  }

  /** @internal for the socket's handlers */
  ended(how: ConnectionEnd): void {
    if (this.#isOver || this.#socket === undefined) return;
    this.#isOver = true;
    this.listener.ended(how);
  }

  /** @internal for the socket's handlers */
  failed(error: unknown): void {
    if (this.#isOver || this.#socket !== undefined) return;
    this.#isOver = true;
    this.listener.failed(codeOf(error) ?? "ECONNREFUSED");
  }
}

const HANDLERS: Bun.SocketHandler<Connection> = {
  open: (socket) => socket.data.opened(socket),
  data: (socket, octets) => socket.data.heard(octets),
  drain: (socket) => socket.data.drained(),
  close: (socket, error) => socket.data.ended(error === undefined || error === null ? "closed" : "reset"),
  error: (socket) => socket.data.ended("reset"),
  connectError: (socket, error) => socket.data?.failed(error),
};
