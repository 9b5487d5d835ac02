import type { Family } from "../text/address.ts";
import type { ExchangeLookup, ExchangeResolver } from "./exchanges.ts";
import { type NameServers, nameServers } from "./name-servers.ts";
import type { AddressLookup, Resolver } from "./resolver.ts";
import { hostsFileOr, lookUp } from "./system.ts";

/** After so long everything is asked anew, whatever its TTL, in milliseconds. */
const FORGET_MS = 240_000;
/** After so many questions too: c-ares bounds what it remembers by nothing but time. */
const MAX_QUESTIONS = 20_000;

/**
 * Addresses and MX records for a process that asks again and again: answers are remembered as long as their TTL says (c-ares
 * does that, and tells nobody the TTL of an MX record), and never longer than four minutes. Without servers the hosts file and those of the system are asked.
 */
export class RememberingResolver implements Resolver, ExchangeResolver {
  readonly #servers: readonly string[];
  readonly #addresses: Resolver["addresses"];
  #current: NameServers;
  #end = new AbortController();
  #beganAtMs = Number.NEGATIVE_INFINITY;
  #questions = 0;

  /** @throws {UsageError} when one of the servers cannot be read. */
  constructor(servers: readonly string[]) {
    this.#servers = servers;
    this.#current = nameServers(servers);
    const ask: Resolver["addresses"] = (host, family, signal) =>
      this.#asked().addresses(host, family, signal);
    const isSearched = (host: string) => !host.includes(".");
    this.#addresses =
      servers.length > 0
        ? ask
        : hostsFileOr((host, family, signal) =>
            isSearched(host) ? lookUp(host, family, signal) : ask(host, family, signal),
          ).addresses;
  }

  addresses(host: string, family: Family, signal?: AbortSignal): Promise<AddressLookup> {
    return this.#addresses(host, family, signal);
  }

  exchanges(domain: string, signal?: AbortSignal): Promise<ExchangeLookup> {
    return this.#asked().exchanges(domain, signal);
  }

  /** Lets go of its sockets. */
  close(): void {
    this.#end.abort();
  }

  #asked(): NameServers {
    const nowMs = performance.now();
    this.#questions += 1;
    if (nowMs - this.#beganAtMs > FORGET_MS || this.#questions > MAX_QUESTIONS) {
      this.#end.abort();
      this.#end = new AbortController();
      this.#beganAtMs = nowMs;
      this.#questions = 1;
      this.#current = nameServers(this.#servers);
      this.#current.remember(this.#end.signal);
    }
    return this.#current;
  }
}
