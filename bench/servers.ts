import { readSync } from "node:fs";
import type { Socket } from "bun";

/** A listening process of the bench's own. */
export type Listener = { readonly port: number; stop(): Promise<void> };

/** A port of this machine at which nobody listens. */
export const REFUSED_PORT = 1;

/** Long enough for any loopback connection the kernel means to accept. */
const SWALLOWED_AFTER_MS = 300;
const MAX_BACKLOG = 5_000;

/** Starts a process that prints the port it listens on as its first line, and that ends when its standard input does. */
export async function startListener(argv: readonly string[]): Promise<Listener> {
  const child = Bun.spawn([...argv], { stdio: ["pipe", "pipe", "inherit"] });
  for await (const chunk of child.stdout) {
    const port = Number.parseInt(new TextDecoder().decode(chunk), 10);
    return {
      port,
      async stop() {
        child.kill();
        await child.exited;
      },
    };
  }
  throw new Error(`Ended before it listened: ${argv.join(" ")}`);
}

/** Starts what epoll-server.c is, on Bun and slower, for machines without a C compiler. */
export function startBunResponder(): Promise<Listener> {
  return startOwn("responder");
}

/** Starts a port that swallows packets, at every loopback address: a listener that never accepts, its backlog full. */
export async function startBlackhole(): Promise<Listener> {
  const listener = await startOwn("deaf");
  const waiting: Socket[] = [];
  for (;;) {
    const socket = await connectOrGiveUp(listener.port);
    if (socket === null) break;
    waiting.push(socket);
    if (waiting.length > MAX_BACKLOG)
      throw new Error(`The backlog is not full after ${MAX_BACKLOG} connections`);
  }
  return {
    port: listener.port,
    async stop() {
      await listener.stop();
      for (const socket of waiting) socket.terminate();
    },
  };
}

function connectOrGiveUp(port: number): Promise<Socket | null> {
  const socket = Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {}, error() {} } });
  socket.catch(() => {});
  return Promise.race([socket, Bun.sleep(SWALLOWED_AFTER_MS).then(() => null)]);
}

/** What this file does when it is run. */
const OWN = { responder: respond, deaf: listenAndNeverAccept } as const;

function startOwn(name: keyof typeof OWN): Promise<Listener> {
  return startListener([process.execPath, import.meta.path, name]);
}

function respond(): void {
  const listener = Bun.listen({
    hostname: "0.0.0.0",
    port: 0,
    socket: {
      open(socket) {
        socket.write("220 mx.test ESMTP\r\n");
      },
      data(socket, command) {
        if (/^quit/i.test(command.toString("latin1"))) socket.end("221 mx.test closes\r\n");
        else socket.write("250 mx.test\r\n");
      },
    },
  });
  console.log(listener.port);
  process.stdin.resume().on("end", () => process.exit());
}

/** The blocking read keeps the event loop from turning until standard input ends. */
function listenAndNeverAccept(): void {
  const listener = Bun.listen({ hostname: "0.0.0.0", port: 0, socket: { data() {} } });
  console.log(listener.port);
  readSync(0, new Uint8Array(1));
  process.exit();
}

if (import.meta.main) OWN[process.argv[2] as keyof typeof OWN]();
