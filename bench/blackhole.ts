import type { Socket } from "bun";
import { type Listener, startListener } from "./listener.ts";

/** Long enough for any loopback connection the kernel means to accept. */
const SWALLOWED_AFTER_MS = 300;
const MAX_BACKLOG = 5_000;

/** Starts a port that swallows packets, at every loopback address: a listener that never accepts, its backlog full. */
export async function startBlackhole(): Promise<Listener> {
  const script = new URL("./deaf-listener.ts", import.meta.url).pathname;
  const listener = await startListener([process.execPath, script]);
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
