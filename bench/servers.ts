import type { Socket } from "bun";
import { compileC } from "./build.ts";

const LISTEN = new URL("./listen.ts", import.meta.url).pathname;

/** A listening process of the bench's own. */
export type Listener = { readonly port: number; stop(): Promise<void> };

/** Starts a process that prints the port it listens on as its first line, and that ends when its standard input does. */
async function startListener(argv: readonly string[]): Promise<Listener> {
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

/** An SMTP server that greets at once, at every loopback address, in a process of its own. */
export type Responder = Listener & { readonly kind: "C" | "Bun" };

/** Starts the epoll server where there is a C compiler, else a slower one on Bun. */
export async function startResponder(scratch: string): Promise<Responder> {
  const compiled = await compileC("epoll-server", scratch);
  if (compiled !== null) return { ...(await startListener([compiled])), kind: "C" };
  return { ...(await startListener([process.execPath, LISTEN, "greeting"])), kind: "Bun" };
}

/** Long enough for any loopback connection the kernel means to accept. */
const SWALLOWED_AFTER_MS = 300;
const MAX_BACKLOG = 5_000;

/** Starts a port that swallows packets, at every loopback address: a listener that never accepts, its backlog full. */
export async function startBlackhole(): Promise<Listener> {
  const listener = await startListener([process.execPath, LISTEN, "deaf"]);
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

/** Different addresses of this machine's loopback interface, starting at 127.1.0.1. */
export function loopbackAddresses(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `127.1.${Math.floor(i / 250)}.${1 + (i % 250)}`);
}
