/** What epoll-server.c does, for machines without a C compiler. */
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
