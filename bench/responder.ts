import { compileC } from "./build.ts";
import { type Listener, startListener } from "./listener.ts";

/** An SMTP server that greets at once, at every loopback address, in a process of its own. */
export type Responder = Listener & { readonly kind: "C" | "Bun" };

/** Starts the epoll server where there is a C compiler, else a slower one on Bun. */
export async function startResponder(scratch: string): Promise<Responder> {
  const compiled = await compileC("epoll-server", scratch);
  if (compiled !== null) return { ...(await startListener([compiled])), kind: "C" };
  const script = new URL("./bun-server.ts", import.meta.url).pathname;
  return { ...(await startListener([process.execPath, script])), kind: "Bun" };
}
