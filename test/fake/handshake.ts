import { Connection } from "../../src/net/connection.ts";
import type { Handshake } from "../../src/net/listener.ts";
import type { TlsFacts } from "../../src/tls/facts.ts";
import { readHandshake } from "../../src/tls/handshake.ts";
import { type Identity, identity } from "./certificates.ts";
import { tlsSmtpServer } from "./tls-smtp-server.ts";

/** What a client wants of a handshake. */
export interface Wanted {
  /** The name or address to check for; default `mx.test`. */
  readonly name?: string;
  /** SNI; default the name. */
  readonly serverName?: string;
  /** Default the tests' own root. */
  readonly ca?: readonly string[];
}

/** Shakes hands over loopback with a server of this identity: what is read of it, and the name that was asked for. */
export async function shakeHands(tls: Identity & Bun.TLSOptions, wanted: Wanted = {}) {
  const { name = "mx.test", serverName = name, ca = [identity("root").cert] } = wanted;
  using server = tlsSmtpServer(
    async (client) => {
      await client.secure();
      await client.over();
    },
    { tls },
  );
  const { promise, resolve } = Promise.withResolvers<TlsFacts | string>();
  const secured = (handshake: Handshake) => resolve(readHandshake(handshake, name, ca));
  const connection = new Connection(
    { address: server.hostname, port: server.port },
    {
      opened: () => connection.secure({ serverName, ca: [...ca] }),
      failed: ({ kind }) => resolve(kind),
      heard() {},
      secured,
      ended: resolve,
    },
  );
  const read = await promise;
  connection.end("over\r\n");
  const client = await server.ended();
  if (typeof read === "string") throw new Error(read);
  return { facts: read, serverName: client.serverName };
}
