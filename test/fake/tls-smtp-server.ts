import { Signal } from "./fake-connection.ts";
import { parseScript } from "./smtp-script.ts";

/** The server's end of one connection; what it hears under TLS counts as heard. */
export class ServedClient {
  /** All that was said, and what of it under TLS. */
  heard = "";
  heardSecurely = "";
  /** Octets heard before TLS was begun, a ClientHello that was not answered too. */
  heardInTheClear = "";
  /** Name asked for by the client (RFC 6066 §3): "" for none, null before a handshake. */
  serverName: string | null = null;
  isOver = false;
  isPlayed = false;
  #unread = "";
  #isSecured = false;
  #socket: Bun.Socket<ServedClient>;
  readonly #changed: Signal;
  readonly #tls: Bun.TLSOptions;
  readonly #cutAt: readonly number[] | undefined;

  constructor(
    socket: Bun.Socket<ServedClient>,
    changed: Signal,
    tls: Bun.TLSOptions,
    cutAt: readonly number[] | undefined,
  ) {
    this.#socket = socket;
    this.#changed = changed;
    this.#tls = tls;
    this.#cutAt = cutAt;
  }

  /** @internal for the socket's handlers */
  take(socket: Bun.Socket<ServedClient>, octets: Uint8Array): void {
    if (socket !== this.#socket) return;
    const text = Buffer.from(octets).toString("latin1");
    this.heard += text;
    this.#unread += text;
    if (this.#isSecured) this.heardSecurely += text;
    else this.heardInTheClear += text;
    this.#changed.fire();
  }

  /** @internal for the socket's handlers */
  end(): void {
    this.isOver = true;
    this.#changed.fire();
  }

  /** Plays a script in the notation of `parseScript`; QUIT is answered by the end of the connection. */
  async play(script: string): Promise<void> {
    for (const step of parseScript(script)) {
      if (step.kind === "send") await this.send(step.octets);
      else if (step.kind === "expect") {
        await this.expect(step.line);
        if (step.line === "QUIT") this.close();
      } else if (step.kind === "wait") await Bun.sleep(step.ms);
      else if (step.kind === "close") this.close();
      else this.reset();
    }
  }

  /** Says lines, in one packet. */
  say(...lines: readonly string[]): Promise<void> {
    return this.send(Buffer.from(lines.map((line) => `${line}\r\n`).join("")));
  }

  async send(octets: Uint8Array): Promise<void> {
    const cuts = [...(this.#cutAt ?? []).filter((at) => at < octets.length), octets.length];
    let from = 0;
    for (const to of cuts) {
      if (from > 0) await Bun.sleep(1);
      while (from < to && !this.isOver) {
        const taken = this.#socket.write(octets.subarray(from, to));
        if (taken < 0) return;
        from += taken;
        if (from < to) await this.#changed.next();
      }
    }
  }

  /** The next line, without its end; `""` for none. */
  async line(): Promise<string> {
    await this.#changed.until(() => this.isOver || this.#unread.includes("\n"));
    const end = this.#unread.indexOf("\n") + 1;
    const line = this.#unread.slice(0, end);
    this.#unread = this.#unread.slice(end);
    return line.replace(/\r?\n$/, "");
  }

  async expect(wanted: string): Promise<void> {
    const line = await this.line();
    if (line !== wanted)
      throw new Error(`said ${JSON.stringify(line)} when ${JSON.stringify(wanted)} was due`);
  }

  /** Waits for some octets, such as a ClientHello. */
  async octets(): Promise<void> {
    await this.#changed.until(() => this.isOver || this.#unread !== "");
  }

  async over(): Promise<void> {
    await this.#changed.until(() => this.isOver);
  }

  /** Shakes hands, as the server; whether that went well. */
  async secure(): Promise<boolean> {
    const done = Promise.withResolvers<boolean>();
    const [, secured] = this.#socket.upgradeTLS<ServedClient>({
      data: this,
      tls: { ...this.#tls, isServer: true } as Bun.TLSOptions,
      socket: {
        ...HANDLERS,
        open() {},
        handshake: (socket, isGood) => {
          this.serverName = socket.getServername() || "";
          done.resolve(isGood);
        },
      },
    });
    this.#socket = secured;
    this.#isSecured = true;
    void this.over().then(() => done.resolve(false));
    return done.promise;
  }

  close(): void {
    this.#socket.end();
  }

  reset(): void {
    this.#socket.terminate();
  }
}

const HANDLERS: Bun.SocketHandler<ServedClient> = {
  end() {},
  data: (socket, octets) => socket.data.take(socket, octets),
  drain: (socket) => socket.data.send(new Uint8Array()),
  close: (socket) => socket.data.end(),
  error() {},
};

/** What a server does with one connection; silence follows its end. */
export type Play = (client: ServedClient) => Promise<void>;

/** How the server listens. */
export interface TlsSmtpServerOptions {
  readonly hostname?: string;
  readonly port?: number;
  readonly unix?: string;
  readonly tls?: Bun.TLSOptions;
  /** Positions at which each run of `S` steps is cut into packets. */
  readonly cutAt?: readonly number[];
  /** Whether it keeps its side open when the client has closed the other. */
  readonly isClinging?: boolean;
}

/** A listener on loopback; disposing it closes it and every connection to it. */
export interface TlsSmtpServer extends Disposable {
  readonly hostname: string;
  readonly port: number;
  readonly clients: readonly ServedClient[];
  /** Where a client left its part. */
  readonly complaints: readonly string[];
  /** The client of this index, once its connection is over and its play too. */
  ended(index?: number): Promise<ServedClient>;
}

/** Starts a listener that does this with every connection: the first play with the first, and the last with all others. */
export function tlsSmtpServer(
  plays: string | Play | readonly Play[],
  options: TlsSmtpServerOptions = {},
): TlsSmtpServer {
  const all = typeof plays === "string" ? [scripted(plays)] : typeof plays === "function" ? [plays] : plays;
  const clients: ServedClient[] = [];
  const complaints: string[] = [];
  const changed = new Signal();
  const handlers: Bun.SocketHandler<ServedClient> = {
    ...HANDLERS,
    open(socket) {
      const client = new ServedClient(socket, changed, options.tls ?? {}, options.cutAt);
      socket.data = client;
      if (options.unix === undefined) socket.setNoDelay(true);
      const play = all[Math.min(clients.length, all.length - 1)];
      clients.push(client);
      void play?.(client)
        .catch((error: unknown) => {
          complaints.push(String(error instanceof Error ? error.message : error));
          client.reset();
        })
        .finally(() => {
          client.isPlayed = true;
          changed.fire();
        });
    },
  };
  const listener =
    options.unix === undefined
      ? Bun.listen({
          hostname: options.hostname ?? "127.0.0.1",
          port: options.port ?? 0,
          allowHalfOpen: options.isClinging ?? false,
          socket: handlers,
        })
      : Bun.listen({ unix: options.unix, socket: handlers });
  const { hostname = "", port = 0 } = listener as Partial<Bun.TCPSocketListener<ServedClient>>;
  return {
    hostname,
    port,
    clients,
    complaints,
    async ended(index = 0) {
      await changed.until(() => clients[index]?.isOver === true && clients[index].isPlayed);
      return clients[index] as ServedClient;
    },
    [Symbol.dispose]: () => listener.stop(true),
  };
}

/** A script of `parseScript`, in which `(tls)` is a handshake; what comes behind a failed one is not played. */
export function scripted(script: string): Play {
  const parts = script.split(/^\s*\(tls\)\s*$/m);
  return async (client) => {
    for (const [at, part] of parts.entries()) {
      if (at > 0 && !(await client.secure())) return;
      await client.play(part);
    }
  };
}

/** The handshakes that are broken, behind a `220` or at once. */
export const BROKEN_HANDSHAKES = {
  /** Something in the clear in its place. */
  "plaintext in its place": async (client) => {
    await client.octets();
    await client.say("500 5.5.1 What?");
    await client.over();
  },
  /** A part of a ServerHello, and the end. */
  "one that is cut": async (client) => {
    await client.octets();
    await client.send(Uint8Array.of(0x16, 3, 3, 0, 0x7a, 2, 0, 0, 0x76, 3, 3));
    client.close();
  },
  "one that is closed": async (client) => {
    await client.octets();
    client.close();
  },
  "one that is reset": async (client) => {
    await client.octets();
    client.reset();
  },
  /** The alert `protocol_version` (RFC 8446 §6.2). */
  "an alert about the version": async (client) => {
    await client.octets();
    await client.send(Uint8Array.of(0x15, 3, 1, 0, 2, 2, 70));
    await client.over();
  },
  /** The alert `unrecognized_name` (RFC 6066 §3). */
  "an alert about the name": async (client) => {
    await client.octets();
    await client.send(Uint8Array.of(0x15, 3, 3, 0, 2, 2, 112));
    await client.over();
  },
} as const satisfies Record<string, Play>;
