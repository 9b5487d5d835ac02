/** The last lines of a mail server's replies to commands that are sent one by one, the greeting's first. */
export async function converse(
  port: number,
  commands: readonly string[],
  hostname = "127.0.0.1",
): Promise<readonly string[]> {
  const replies: string[] = [];
  const waiting = [...commands];
  const over = Promise.withResolvers<void>();
  let text = "";
  await Bun.connect({
    hostname,
    port,
    socket: {
      data(socket, octets) {
        text += octets.toString();
        for (let end = text.indexOf("\r\n"); end !== -1; end = text.indexOf("\r\n")) {
          const line = text.slice(0, end);
          text = text.slice(end + 2);
          if (line[3] === "-") continue;
          replies.push(line);
          const command = waiting.shift();
          if (command === undefined) socket.end();
          else socket.write(`${command}\r\n`);
        }
      },
      close: () => over.resolve(),
    },
  });
  await over.promise;
  return replies;
}
