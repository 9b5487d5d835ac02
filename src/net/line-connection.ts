import type { Endpoint } from "./endpoint.ts";

/** How a connection came to its end, when the far end or the network ended it. */
type ConnectionEnd = "closed" | "reset";

type Arrival = Uint8Array | ConnectionEnd;

/**
 * One TCP connection: the only meeting with `Bun.connect`. Octets are queued as they come and read in one loop;
 * nothing a server does makes it throw.
 */
export class LineConnection {
  #socket: Bun.Socket<LineConnection> | undefined;
  #over = false;
  readonly #queue: Arrival[] = [];
  #wake: ((arrival: Arrival) => void) | undefined;
  #settleOpen: ((code: string | undefined) => void) | undefined;

  /** Connects; resolves to undefined when the connection is open, else to the system's error code. */
  open({ address, port }: Endpoint): Promise<string | undefined> {
    return new Promise((resolve) => {
      this.#settleOpen = resolve;
      const fail = (error: unknown) => this.fail(codeOf(error));
      try {
        Bun.connect({ hostname: address, port, socket: HANDLERS, data: this }).catch(fail);
      } catch (error) {
        fail(error);
      }
    });
  }

  /** The next octets, in the order received; then, for ever, how the connection ended. */
  read(): Promise<Arrival> {
    const arrival = this.#queue[0];
    if (arrival === undefined) return new Promise((resolve) => (this.#wake = resolve));
    if (typeof arrival !== "string") this.#queue.shift();
    return Promise.resolve(arrival);
  }

  /** Says a last word, if there is one, and closes in order (FIN after the octets). */
  end(lastWord = ""): void {
    this.#over = true;
    this.#socket?.end(lastWord);
  }

  /**
   * Ends at once. `Bun.connect` has no cancel: a connection that is still being made holds its descriptor until the
   * kernel gives up, and is closed here should it open after all.
   */
  terminate(): void {
    this.#over = true;
    this.#socket?.terminate();
  }

  /** @internal for the socket's handlers */
  opened(socket: Bun.Socket<LineConnection>): void {
    this.#socket = socket;
    if (this.#over) socket.terminate();
    else this.#settleOpen?.(undefined);
  }

  /** @internal for the socket's handlers */
  arrived(arrival: Arrival): void {
    if (this.#over) return;
    if (this.#wake === undefined || typeof arrival === "string") this.#queue.push(arrival);
    this.#wake?.(arrival);
    this.#wake = undefined;
  }

  /** @internal for the socket's handlers */
  fail(code: string): void {
    if (!this.#over) this.#settleOpen?.(code);
  }
}

const HANDLERS: Bun.SocketHandler<LineConnection> = {
  open: (socket) => socket.data.opened(socket),
  data: (socket, octets) => socket.data.arrived(octets),
  close: (socket, error) => socket.data.arrived(error === undefined || error === null ? "closed" : "reset"),
  error: (socket) => socket.data.arrived("reset"),
  connectError: (socket, error) => socket.data?.fail(codeOf(error)),
};

function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "ECONNREFUSED";
}
