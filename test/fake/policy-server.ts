import { chmodSync } from "node:fs";
import { createServer, type Socket } from "node:net";

/** A guard that speaks Postfix's policy protocol, on a unix socket; disposing it closes all connections. */
export interface FakePolicyServer extends Disposable {
  readonly path: string;
  /** All requests, whole. */
  readonly requests: readonly string[];
}

/** Listens, and gives every request the answer made for it, raw; null closes the connection. */
export async function fakePolicyServer(
  path: string,
  answer: (request: string) => string | null,
): Promise<FakePolicyServer> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let text = "";
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.on("end", () => socket.end());
    socket.on("data", (octets) => {
      text += octets.toString();
      for (let end = text.indexOf("\n\n"); end !== -1; end = text.indexOf("\n\n")) {
        const request = text.slice(0, end + 2);
        text = text.slice(end + 2);
        requests.push(request);
        const said = answer(request);
        if (said === null) socket.end();
        else socket.write(Buffer.from(said, "latin1"));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  chmodSync(path, 0o666);
  const close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { path, requests, [Symbol.dispose]: close };
}
