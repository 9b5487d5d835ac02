import { readSync } from "node:fs";

/** A listening process of the bench's own, until standard input ends: `greeting` does what epoll-server.c does, for machines without a C compiler; `deaf` never accepts. */
const [manner] = process.argv.slice(2);
const socket: Bun.SocketHandler = {
  open(client) {
    client.write("220 mx.test ESMTP\r\n");
  },
  data(client, command) {
    if (/^quit/i.test(command.toString("latin1"))) client.end("221 mx.test closes\r\n");
    else client.write("250 mx.test\r\n");
  },
};
console.log(Bun.listen({ hostname: "0.0.0.0", port: 0, socket }).port);

// The blocking read keeps the event loop from turning.
if (manner === "deaf") process.exit(readSync(0, new Uint8Array(1)) * 0);
process.stdin.resume().on("end", () => process.exit());
