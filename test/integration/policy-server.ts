import { chmodSync, chownSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";

/** Answers every request of Postfix's policy protocol with one action; the folder of its path is made. */
export function policyServer(
  path: string,
  action: string,
  { mode = 0o666, owner = 0 }: { readonly mode?: number; readonly owner?: number } = {},
): Disposable {
  mkdirSync(dirname(path), { recursive: true });
  const listener = Bun.listen<{ heard: string }>({
    unix: path,
    socket: {
      open(socket) {
        socket.data = { heard: "" };
      },
      data(socket, octets) {
        socket.data.heard += octets.toString();
        const requests = socket.data.heard.split("\n\n");
        socket.data.heard = requests.pop() ?? "";
        for (const _ of requests) socket.write(`action=${action}\n\n`);
      },
    },
  });
  chmodSync(path, mode);
  chownSync(path, owner, owner);
  return { [Symbol.dispose]: () => listener.stop(true) };
}
