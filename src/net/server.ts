/** Where a server listens: a unix socket, a TCP port (0 for a free one), or a descriptor that somebody else listens on. */
export type Place =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "inet"; readonly host: string; readonly port: number }
  | { readonly kind: "descriptor"; readonly descriptor: number };

/** What a client has said, and that it is gone; called from the socket's own handlers. */
export interface ClientListener {
  heard(octets: Uint8Array): void;
  /** The client has said all (half-closed); it still listens. */
  finished(): void;
  closed(): void;
}

/** Most octets that wait for a client to read them. */
const MAX_UNSENT_OCTETS = 262_144;

/** One client's connection. */
export class Client {
  readonly #socket: Bun.Socket<Client>;
  readonly listener: ClientListener;
  #unsent = "";
  #isEnding = false;

  constructor(socket: Bun.Socket<Client>, accept: (client: Client) => ClientListener) {
    this.#socket = socket;
    this.listener = accept(this);
  }

  /** Says something in ASCII, now or when there is room for it; one that never reads is cut off. */
  write(text: string): void {
    if (this.#unsent === "") this.#unsent = text.slice(Math.max(0, this.#socket.write(text)));
    else this.#unsent += text;
    if (this.#unsent.length > MAX_UNSENT_OCTETS) this.terminate();
  }

  /** Closes when all is said. */
  end(): void {
    this.#isEnding = true;
    if (this.#unsent === "") this.#socket.end();
  }

  /** Closes at once. */
  terminate(): void {
    this.#unsent = "";
    this.#socket.terminate();
  }

  /** @internal */
  drained(): void {
    const unsent = this.#unsent;
    this.#unsent = "";
    if (unsent !== "") this.write(unsent);
    if (this.#isEnding) this.end();
  }
}

/** A server that listens. */
export interface Server {
  /** The port, where there is one. */
  readonly port: number | undefined;
  /** Listens no longer; Bun removes a unix socket with it, whoever's it is by now. Clients stay. */
  stop(): void;
}

const HANDLERS: Omit<Bun.SocketHandler<Client>, "open"> = {
  data: (socket, octets) => socket.data.listener.heard(octets),
  end: (socket) => socket.data.listener.finished(),
  drain: (socket) => socket.data.drained(),
  close: (socket) => socket.data?.listener.closed(),
  error: (socket) => socket.terminate(),
};

/**
 * Listens, and tells of every client: the only meeting with `Bun.listen`.
 * @throws the system's error when it cannot, such as EADDRINUSE or EACCES.
 */
export function listenAt(place: Place, accept: (client: Client) => ClientListener): Server {
  const socket: Bun.SocketHandler<Client> = {
    ...HANDLERS,
    open(opened) {
      opened.data = new Client(opened, accept);
    },
  };
  // A half-closed client (Exim's readsocket) waits for its answer. Bun's types do not know `fd`.
  const way = { ...wayTo(place), allowHalfOpen: true, socket };
  const listener = Bun.listen<Client>(way as Bun.TCPSocketListenOptions<Client>);
  return { port: listener.port, stop: () => listener.stop() };
}

function wayTo(place: Place) {
  switch (place.kind) {
    case "unix":
      return { unix: place.path };
    case "inet":
      return { hostname: place.host, port: place.port };
    case "descriptor":
      return { fd: place.descriptor };
  }
}
