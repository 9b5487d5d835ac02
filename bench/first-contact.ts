import { Resolver } from "node:dns/promises";

/**
 * What a guard's first decision for a domain is measured against: a policy service that looks up the recipient's domain
 * and its exchangers' addresses, meets the first exchanger, and says DUNNO when it has heard a line. It remembers nothing.
 * first-contact SOCKET NAME-SERVER-PORT PRIMARY-PORT
 */
const [path = "", nameServerPort = "", primaryPort = ""] = Bun.argv.slice(2);
const resolver = new Resolver();
resolver.setServers([`127.0.0.1:${nameServerPort}`]);

Bun.listen({
  unix: path,
  socket: {
    data(socket, octets) {
      const domain = /^recipient=.*@(.*)$/m.exec(octets.toString())?.[1] ?? "";
      meet(domain).finally(() => socket.write("action=DUNNO\n\n"));
    },
  },
});

async function meet(domain: string): Promise<void> {
  const exchangers = (await resolver.resolveMx(domain)).toSorted((a, b) => a.priority - b.priority);
  const none = () => [];
  const addresses = await Promise.all(
    exchangers.map(async ({ exchange }) => {
      const both = [resolver.resolve4(exchange).catch(none), resolver.resolve6(exchange).catch(none)];
      return (await Promise.all(both)).flat();
    }),
  );
  const [hostname = ""] = addresses[0] ?? [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  await Bun.connect({
    hostname,
    port: Number(primaryPort),
    socket: {
      data(socket, octets) {
        if (octets.includes(0x0a)) resolve();
        socket.end("QUIT\r\n");
      },
      connectError: (_, error) => reject(error),
    },
  });
  return promise;
}
