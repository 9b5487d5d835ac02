import { nameServers } from "./name-servers.ts";
import type { Resolver } from "./resolver.ts";
import { hostsFileOr, lookUp } from "./system.ts";

/** {@link import("./system.ts").systemResolver} for a process that ends when nothing is under way: a question is given up with its signal, but for a name without a dot. */
export function cancellableSystemResolver(): Resolver {
  const servers = nameServers([]);
  return hostsFileOr((host, family, signal) =>
    host.includes(".") ? servers.addresses(host, family, signal) : lookUp(host, family, signal),
  );
}
