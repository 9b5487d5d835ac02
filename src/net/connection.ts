import { codeOf } from "../text/errors.ts";
import { isSocketPath, pathOf } from "../text/target.ts";
import {
  type ConnectFailure,
  connectFailureOf,
  explainConnectFailure,
  pathFailureOf,
} from "./connect-failure.ts";
import type { Endpoint } from "./endpoint.ts";
import { HANDLERS, PENDING_HANDLERS, SECURED_HANDLERS, type SocketOwner } from "./handlers.ts";
import type { Ends, Listener } from "./listener.ts";
import { beginConnect, closeDescriptor } from "./system-socket.ts";

/** What is its own UTF-8, in which Bun writes a string. */
const ASCII = /^[\0-\x7f]*$/;

/** What Bun calls an alert of the other end's, which ends the connection (RFC 8446 §6.2). */
const TLS_ALERT = "EPROTO";

let uncancellable = 0;

/**
 * Lets Bun make the first so many connections of this process by itself: that starts 0.3 ms faster, and what is given up
 * holds its descriptor until the kernel gives up too. For a process that ends with its answer.
 */
export function allowUncancellable(connections: number): void {
  uncancellable = connections;
}

/** One TCP connection, or one to a unix socket: the only meeting with `Bun.connect`. Nothing a server does makes it throw. */
export class Connection implements SocketOwner {
  readonly listener: Listener;
  readonly #endpoint: Endpoint;
  readonly #startedAtMs = performance.now();
  #socket: Bun.Socket<SocketOwner> | undefined;
  #isOpen = false;
  #unsent = "";
  #isSecured = false;
  #isOver = false;

  constructor(endpoint: Endpoint, listener: Listener) {
    this.listener = listener;
    this.#endpoint = endpoint;
    uncancellable -= 1;
    const isBunsOwn = uncancellable >= 0 || isSocketPath(endpoint.address);
    const descriptor = isBunsOwn ? undefined : beginConnect(endpoint);
    if (typeof descriptor === "string") queueMicrotask(() => this.#fail(connectFailureOf(descriptor)));
    else this.#connect(descriptor);
  }

  #connect(descriptor: number | undefined): void {
    const { address: hostname, port } = this.#endpoint;
    try {
      const way =
        descriptor !== undefined
          ? { fd: descriptor, socket: PENDING_HANDLERS, data: this }
          : isSocketPath(hostname)
            ? { unix: pathOf(hostname), socket: HANDLERS, data: this }
            : { hostname, port, socket: HANDLERS, data: this };
      // Bun's types know `fd`, but not for connect.
      Bun.connect(way as Bun.TCPSocketConnectOptions<SocketOwner>).catch((error) => this.failed(error));
    } catch (error) {
      if (descriptor !== undefined) closeDescriptor(descriptor);
      queueMicrotask(() => this.failed(error));
    }
  }

  /** Says something, now or as soon as there is room for it; one character an octet. */
  say(text: string): void {
    if (this.#isOver) return;
    const pending = this.#unsent + text;
    const octets = ASCII.test(pending) ? pending : Buffer.from(pending, "latin1");
    const taken = this.#socket?.write(octets) ?? 0;
    this.#unsent = pending.slice(Math.max(0, taken));
  }

  /** Both ends: the socket's own getters ask the system when they are read, and not before. */
  get ends(): Ends {
    return this.#socket ?? {};
  }

  /** Goes on under TLS: the listener is told what comes of the handshake, whoever the certificate says that it is. */
  secure(options: Bun.TLSOptions): void {
    const secured = this.#socket?.upgradeTLS<SocketOwner>({
      data: this,
      tls: { ...options, rejectUnauthorized: false },
      socket: SECURED_HANDLERS,
    });
    this.#socket = secured?.[1];
    this.#isSecured = true;
  }

  /**
   * Says a last word, if there is one, and closes in order (FIN after the octets); under TLS at once where there is none,
   * for Bun would wait for the other end to close too, as long as that likes.
   */
  end(lastWord: string): void {
    this.#isOver = true;
    if (this.#isSecured && lastWord === "") this.#socket?.terminate();
    else this.#socket?.end(lastWord);
  }

  /**
   * Ends at once, but for a connection that Bun itself is still making ({@link allowUncancellable}): that is closed here
   * should it open after all.
   */
  terminate(): void {
    this.#isOver = true;
    this.#socket?.terminate();
  }

  /** @internal */
  began(socket: Bun.Socket<SocketOwner>): void {
    this.#socket = socket;
    if (this.#isOver) socket.terminate();
  }

  /** @internal */
  opened(socket: Bun.Socket<SocketOwner>): void {
    this.began(socket);
    this.#isOpen = true;
    if (!this.#isOver) this.listener.opened();
  }

  /** @internal */
  heard(socket: Bun.Socket<SocketOwner>, octets: Uint8Array): void {
    if (!this.#isOver && socket === this.#socket) this.listener.heard(octets);
  }

  /** @internal */
  secured(socket: Bun.Socket<SocketOwner>, success: boolean, complaint: unknown): void {
    if (!this.#isOver) this.listener.secured({ socket, success, complaint });
  }

  /** @internal */
  drained(socket: Bun.Socket<SocketOwner>): void {
    if (!this.#isOpen) this.opened(socket);
    else if (!this.#isOver && this.#unsent !== "") this.say("");
  }

  /** @internal */
  ended(socket: Bun.Socket<SocketOwner>, error: unknown): void {
    if (this.#isOpen && socket !== this.#socket) return;
    if (!this.#isOpen) this.#fail(connectFailureOf(codeOf(error) ?? "ECONNRESET"));
    if (this.#isOver) return;
    if (codeOf(error) === TLS_ALERT) this.listener.secured({ socket, success: false, complaint: error });
    this.#isOver = true;
    this.listener.ended(error === undefined || error === null ? "closed" : "reset");
  }

  /** @internal */
  failed(error: unknown): void {
    if (this.#isOver || this.#isOpen) return;
    if (isSocketPath(this.#endpoint.address)) {
      // Bun says so before it returns.
      queueMicrotask(() => this.#fail(pathFailureOf(codeOf(error) ?? "ECONNREFUSED")));
      return;
    }
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
