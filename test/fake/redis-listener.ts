/** A listener on loopback that speaks as much Redis as it was told to; disposing of it closes it. */
export interface RedisListener extends Disposable {
  readonly url: string;
  /** Every command received, in upper case. */
  readonly commands: readonly string[];
}

/** Answers a client's HELLO. */
const HELLO = "%1\r\n$6\r\nserver\r\n$5\r\nredis\r\n";

/**
 * Starts a listener that answers HELLO and each command for which there is a reply, in the Redis protocol's own octets;
 * "(close)" resets the connection instead, "(owner)" gives back the UUID that came with the command, and a command
 * without a reply meets with silence. Each reply is on its way for so long.
 */
export function fakeRedisListener(replies: Readonly<Record<string, string>>, delayMs = 0): RedisListener {
  const commands: string[] = [];
  const all: Readonly<Record<string, string>> = { HELLO, ...replies };
  const listener = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      data(socket, octets) {
        const heard = octets.toString("latin1");
        const [, owner = ""] = /\r\n([\da-f-]{36})\r\n/.exec(heard) ?? [];
        for (const [, name = ""] of heard.matchAll(/\*\d+\r\n\$\d+\r\n(\w+)\r\n/g)) {
          const command = name.toUpperCase();
          commands.push(command);
          const reply = all[command]?.replace("(owner)", `$36\r\n${owner}\r\n`);
          if (reply === "(close)") socket.terminate();
          else if (reply !== undefined && delayMs === 0) socket.write(Buffer.from(reply, "latin1"));
          else if (reply !== undefined) setTimeout(() => socket.write(Buffer.from(reply, "latin1")), delayMs);
        }
      },
      error() {},
    },
  });
  return {
    url: `redis://127.0.0.1:${listener.port}`,
    commands,
    [Symbol.dispose]: () => listener.stop(true),
  };
}
