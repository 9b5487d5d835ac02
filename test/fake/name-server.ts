import { join, readQuestion, twoOctets } from "./dns-message.ts";
import { Signal } from "./fake-connection.ts";
import { type Answer, answer, mannerAt, type Transport, type Zone } from "./zone.ts";

/** A name server on IPv4 loopback, UDP and TCP; disposing it closes both. */
export interface FakeNameServer extends Disposable {
  /** As `--dns` takes it: `127.0.0.1:PORT`. */
  readonly address: string;
  readonly port: number;
  /** The questions so far, such as `MX example.test` or `MX example.test (tcp)`, in order. */
  readonly questions: readonly string[];
  /** Resolves when a question has been asked, or asked so many times. */
  asked(question: string, times?: number): Promise<void>;
  /** Sends the answers that are held. */
  release(): void;
}

/** How a name server listens. */
export interface FakeNameServerOptions {
  /** A free one, when it is left out. */
  readonly port?: number;
  readonly hostname?: string;
}

/** Starts a name server that answers from this zone; the notation is {@link Zone}'s. */
export async function fakeNameServer(
  zone: Zone,
  { port: wantedPort = 0, hostname = "127.0.0.1" }: FakeNameServerOptions = {},
): Promise<FakeNameServer> {
  const questions: string[] = [];
  const held: (() => void)[] = [];
  const changed = new Signal();
  const receive = (packet: Uint8Array, transport: Transport, reply: (answer: Answer) => void) => {
    const question = readQuestion(packet);
    if (question === undefined) return;
    const { type = "?", name } = question;
    questions.push(`${type} ${name}${transport === "tcp" ? " (tcp)" : ""}`);
    const send = () => reply(answer(zone, question, transport));
    const manner = mannerAt(zone, name);
    const isFirst = () => questions.filter((earlier) => earlier === `A ${name}`).length === 1;
    if (manner === "held") held.push(send);
    else if (manner !== "first-a-lost" || type !== "A" || !isFirst()) send();
    changed.fire();
  };
  const { port, close } = await listen(hostname, wantedPort, receive);
  return {
    address: `${hostname}:${port}`,
    port,
    questions,
    asked: (text, times = 1) =>
      changed.until(() => questions.filter((question) => question === text).length >= times),
    release() {
      for (const send of held.splice(0)) send();
    },
    [Symbol.dispose]: close,
  };
}

type Receive = (packet: Uint8Array, transport: Transport, reply: (answer: Answer) => void) => void;

interface Listening {
  readonly port: number;
  readonly close: () => void;
}

/** Listens on one port of both transports; where a free one of UDP is taken for TCP, on the next. */
async function listen(hostname: string, wantedPort: number, receive: Receive): Promise<Listening> {
  const udp = await Bun.udpSocket({
    hostname,
    port: wantedPort,
    socket: {
      data: (socket, packet, port, address) =>
        receive(packet, "udp", (packets) => {
          if (packets !== "close") for (const octets of packets) sendTo(socket, octets, port, address);
        }),
      error() {},
    },
  });
  try {
    const tcp = listenTcp(hostname, udp.port, receive);
    const close = () => {
      udp.close();
      tcp.stop(true);
    };
    return { port: udp.port, close };
  } catch (error) {
    udp.close();
    if (wantedPort !== 0) throw error;
    return listen(hostname, wantedPort, receive);
  }
}

/** An asker may have left: its port then refuses (ICMP), and sending says so, of this packet or of one before it. */
function sendTo(socket: Bun.udp.Socket<"buffer">, octets: Uint8Array, port: number, address: string): void {
  for (const _ of ["after an old refusal", "really"]) {
    try {
      if (socket.send(octets, port, address)) return;
    } catch {}
  }
}

/** DNS over TCP: a length of two octets before each message (RFC 1035 §4.2.2). */
function listenTcp(hostname: string, port: number, receive: Receive) {
  return Bun.listen<{ unread: Uint8Array }>({
    hostname,
    port,
    socket: {
      open(socket) {
        socket.data = { unread: new Uint8Array(0) };
      },
      data(socket, octets) {
        let unread = join(socket.data.unread, octets);
        for (let size = sizeOf(unread); size <= unread.length; size = sizeOf(unread)) {
          receive(unread.subarray(2, size), "tcp", (packets) => {
            if (packets === "close") socket.end();
            else for (const packet of packets) socket.write(join(twoOctets(packet.length), packet));
          });
          unread = unread.subarray(size);
        }
        socket.data.unread = unread;
      },
      error() {},
    },
  });
}

function sizeOf([high, low]: Uint8Array): number {
  return high === undefined || low === undefined ? Number.POSITIVE_INFINITY : 2 + high * 256 + low;
}

if (import.meta.main) {
  const [file = "", port = "0"] = Bun.argv.slice(2);
  const server = await fakeNameServer(await Bun.file(file).json(), { port: Number(port) });
  console.log(server.port);
}
