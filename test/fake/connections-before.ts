import type { FakeSmtpServer } from "./smtp-server.ts";

/**
 * How many connections others had made to a server before now. Connections are accepted in the order made, so the one
 * made here says that all earlier ones have been counted.
 */
export async function connectionsBefore(server: FakeSmtpServer): Promise<number> {
  const knock = `KNOCK ${crypto.randomUUID()}`;
  const socket = await Bun.connect({
    hostname: server.hostname,
    port: server.port,
    socket: { open: (opened) => void opened.write(knock), data() {} },
  });
  await server.saw(knock);
  socket.end();
  const earlier = server.received.slice(
    0,
    server.received.findIndex((text) => text.startsWith(knock)),
  );
  return earlier.filter((text) => !text.startsWith("KNOCK")).length;
}
