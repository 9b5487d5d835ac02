import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A real Redis or Valkey server of our own on loopback; disposing of it stops it. */
export interface RedisServer extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  /** The path of its socket. */
  readonly socket: string;
  readonly pid: number;
  /** Sends a command on a connection of its own, as an administrator would. */
  command(name: string, ...args: string[]): Promise<unknown>;
  /** Kills it at once, as a crash would. */
  kill(): Promise<void>;
}

/** The command that starts a Redis or Valkey server; null where there is none. */
export const redisCommand = Bun.which("redis-server") ?? Bun.which("valkey-server");

/** Starts a server that keeps nothing on disk; `args` go to it as they are, such as `--requirepass secret`. */
export async function startRedis(args: readonly string[] = [], password = ""): Promise<RedisServer> {
  if (redisCommand === null)
    throw new Error("Cannot start a Redis server: neither redis-server nor valkey-server is installed");
  const folder = await mkdtemp(join(tmpdir(), "smtpdcheck-redis-"));
  const socket = join(folder, "redis.sock");
  const port = freePort();
  const own = [
    "--bind",
    "127.0.0.1",
    "--port",
    `${port}`,
    "--unixsocket",
    socket,
    "--dir",
    folder,
    "--save",
    "",
    "--appendonly",
    "no",
  ];
  const child = Bun.spawn([redisCommand, ...own, ...args], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  await until("Ready to accept connections", child.stdout);

  const kill = async () => {
    child.kill("SIGKILL");
    await child.exited;
  };
  const credentials = password === "" ? "" : `:${encodeURIComponent(password)}@`;
  const url = `redis://${credentials}127.0.0.1:${port}`;
  return {
    port,
    url,
    socket,
    pid: child.pid,
    async command(name, ...words) {
      const client = new Bun.RedisClient(url, { autoReconnect: false });
      try {
        return await client.send(name, words);
      } finally {
        client.close();
      }
    },
    kill,
    async [Symbol.asyncDispose]() {
      await kill();
      await rm(folder, { recursive: true });
    },
  };
}

function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = listener;
  listener.stop(true);
  return port;
}

/** Reads on to the end, lest the server stop at a full pipe; settles when the text has been said. */
function until(text: string, output: ReadableStream<Uint8Array>): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const read = async () => {
    const decoder = new TextDecoder();
    let said = "";
    for await (const octets of output) {
      said += decoder.decode(octets, { stream: true });
      if (said.includes(text)) resolve();
    }
    reject(new Error(`The Redis server ended without saying "${text}": ${said}`));
  };
  void read();
  return promise;
}
