import type { Resolver as Channel } from "node:dns/promises";
import { deadline } from "../limits/abort.ts";
import { canonicalAddress, familyOf } from "../text/address.ts";
import { cannotRead } from "../text/errors.ts";
import { parsePort } from "../text/target.ts";

/** The port of name servers (RFC 1035 §4.2). */
const DNS_PORT = 53;
/** c-ares waits longer with every try: it asks at 0, 1, 3 and about 6 s, and gives up after about 11 s. */
const RETRIES = { timeout: 1_000, tries: 4 } as const;

const SHAPE = /^(?:\[([^\]]*:[^\]]*)\]|([^[\]:]*))(?::(\d+))?$/;
const WANTED = "an address, such as 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:5353";

/**
 * Reads a name server, `ADDRESS` or `ADDRESS:PORT` with IPv6 in brackets, into the form in which c-ares takes it.
 * @throws {UsageError} when it is neither.
 */
export function parseNameServer(text: string): string {
  const [, bracketed, plain = "", portText = String(DNS_PORT)] = SHAPE.exec(text) ?? [];
  const address = canonicalAddress(text) ?? canonicalAddress(bracketed ?? plain);
  if (address === undefined) throw cannotRead(text, "a name server", WANTED);
  const port = parsePort(portText);
  if (!address.includes("%")) return `${familyOf(address) === 6 ? `[${address}]` : address}:${port}`;
  if (port === DNS_PORT) return address;
  throw cannotRead(text, "a name server", `port ${DNS_PORT}, the only one for an address with a zone`);
}

/** Somebody who asks. Not a signal: each costs a tenth of what looking a name up costs. */
export interface Asker {
  /** With its answer, or without one. */
  readonly hasLeft: boolean;
}

/**
 * One c-ares channel a name server, which everybody shares: thousands of names are looked up through one socket. They
 * are open while somebody asks; when the last asker has its answer or has left, nothing is asked any longer.
 */
export class Channels {
  readonly #servers: readonly string[];
  #channels: readonly Channel[] = [];
  #askers = 0;

  /** Without servers, those of the system. */
  constructor(servers: readonly string[]) {
    this.#servers = servers;
  }

  /**
   * Lets one asker work, whose own signal says when it has left.
   * @throws the signal's reason when the signal comes first.
   */
  async use<T>(
    work: (channels: readonly Channel[], asker: Asker) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    signal?.throwIfAborted();
    if (this.#askers === 0) this.#channels = open(this.#servers);
    this.#askers += 1;
    const asker = { hasLeft: false };
    try {
      const answer = work(this.#channels, asker);
      return await (signal === undefined ? answer : deadline(answer, signal));
    } finally {
      asker.hasLeft = true;
      this.#askers -= 1;
      if (this.#askers === 0) for (const channel of this.#channels) channel.cancel();
    }
  }
}

/** Bun 1.4.5 loses the zone of a link-local address when it lists the system's servers; c-ares itself knows it. */
function open(servers: readonly string[]): readonly Channel[] {
  const { Resolver } = process.getBuiltinModule("node:dns/promises");
  const channelTo = (server: string) => {
    const channel = new Resolver(RETRIES);
    channel.setServers([server]);
    return channel;
  };
  if (servers.length > 0) return servers.map(channelTo);
  const system = new Resolver(RETRIES);
  const known = system.getServers();
  const areUsable = known.length > 0 && !known.some((server) => server.startsWith("fe80:"));
  return areUsable ? known.map(channelTo) : [system];
}
