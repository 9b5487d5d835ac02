import { FakeConnection, Signal } from "./fake-connection.ts";
import { parseScript, type Step } from "./smtp-script.ts";

/** A scripted listener on loopback; disposing it closes it and every connection to it. */
export interface FakeSmtpServer extends Disposable {
  readonly hostname: string;
  readonly port: number;
  /** How many connections have been accepted so far. */
  readonly connectionCount: number;
  /** Everything each connection has sent so far, in the order of acceptance. */
  readonly received: readonly string[];
  /** Where a client left the script: spoke before its turn, said another line, or hung up when a line was due. */
  readonly complaints: readonly string[];
  /** Resolves when some connection has sent `text`. */
  saw(text: string): Promise<void>;
  /** Resolves with everything the connection of this index sent, once it has ended. */
  ended(index?: number): Promise<string>;
}

/** How a scripted listener listens and writes. */
export interface FakeSmtpServerOptions {
  readonly hostname?: string;
  readonly port?: number;
  /** Octets a packet; without it each run of `S` steps is one write. */
  readonly cutEvery?: number;
}

/** Ports of servers that got a free one: at another address it is free too, and tests beside each other must not share it. */
const givenPorts = new Set<number>();

/** Listens at a port, or at a free one that no other server of this process has, at whatever address. */
function listenAt<T>(
  port: number | undefined,
  options: Omit<Bun.TCPSocketListenOptions<T>, "port">,
): Bun.TCPSocketListener<T> {
  if (port !== undefined && port !== 0) return Bun.listen({ ...options, port });
  const taken: Bun.TCPSocketListener<T>[] = [];
  for (;;) {
    const listener = Bun.listen({ ...options, port: 0 });
    if (!givenPorts.has(listener.port)) {
      for (const other of taken) other.stop(true);
      givenPorts.add(listener.port);
      return listener;
    }
    taken.push(listener);
  }
}

/** Starts a listener that plays `script` to every connection (the notation is `parseScript`'s); silence follows its end. */
export function fakeSmtpServer(script: string, options: FakeSmtpServerOptions = {}): FakeSmtpServer {
  const steps = parseScript(script);
  const connections: FakeConnection[] = [];
  const complaints: string[] = [];
  const changed = new Signal();
  const listener = listenAt<FakeConnection>(options.port, {
    hostname: options.hostname ?? "127.0.0.1",
    socket: {
      open(socket) {
        socket.setNoDelay(true);
        const connection = new FakeConnection(socket, changed);
        socket.data = connection;
        connections.push(connection);
        changed.fire();
        void play(steps, connection, options.cutEvery).then((complaint) => {
          if (complaint !== undefined) complaints.push(complaint);
          if (complaint !== undefined && !connection.ended) socket.terminate();
          connection.played = true;
          changed.fire();
        });
      },
      data(socket, octets) {
        socket.data.take(octets);
      },
      drain(socket) {
        socket.data.changed.fire();
      },
      close(socket) {
        socket.data.end();
      },
      error() {},
    },
  });
  return {
    hostname: listener.hostname,
    port: listener.port,
    complaints,
    get connectionCount() {
      return connections.length;
    },
    get received() {
      return connections.map((connection) => connection.received);
    },
    saw: (text) => changed.until(() => connections.some(({ received }) => received.includes(text))),
    async ended(index = 0) {
      await changed.until(() => connections[index]?.ended === true && connections[index].played);
      return connections[index]?.received ?? "";
    },
    [Symbol.dispose]: () => listener.stop(true),
  };
}

/** Plays one conversation; the value is what was wrong with the client's part of it. */
async function play(
  steps: readonly Step[],
  connection: FakeConnection,
  cutEvery?: number,
): Promise<string | undefined> {
  for (const step of steps) {
    switch (step.kind) {
      case "send": {
        const size = cutEvery ?? step.octets.length;
        for (let at = 0; at < step.octets.length && !connection.ended; at += size) {
          if (connection.unread !== "") return `spoke before its turn: ${JSON.stringify(connection.unread)}`;
          await connection.send(step.octets.subarray(at, at + size));
          if (cutEvery !== undefined) await Bun.sleep(1);
        }
        break;
      }
      case "expect": {
        const line = await connection.readLine();
        if (line === undefined) return `hung up when ${JSON.stringify(step.line)} was due`;
        if (line !== `${step.line}\r\n`)
          return `said ${JSON.stringify(line)} when ${JSON.stringify(step.line)} was due`;
        break;
      }
      case "wait":
        await Promise.race([Bun.sleep(step.ms), connection.changed.until(() => connection.ended)]);
        break;
      case "close":
        connection.socket.end();
        return undefined;
      case "reset":
        connection.socket.terminate();
        return undefined;
    }
  }
  return undefined;
}
