import { MAX_ADDRESSES } from "../probe/address-queue.ts";
import { addressesFound, type Lookups } from "../probe/lookups.ts";
import type { Probe } from "../probe/probe.ts";
import { familyOf } from "../text/address.ts";
import { isSocketPath } from "../text/target.ts";
import type { Listed } from "./listed.ts";
import type { CheckOptions } from "./options.ts";

/** Each address of a host in its place; a host that has none stays, for its lookup has a reason to tell. */
export async function expand(
  listed: readonly Listed[],
  lookups: Lookups,
  { family }: CheckOptions,
): Promise<readonly Listed[]> {
  const expanded = listed.map(async (server) => {
    const { target, outcome } = server;
    if (outcome !== undefined || familyOf(target.host) !== undefined || isSocketPath(target.host))
      return [server];
    const addresses = addressesFound(await lookups.of(target.host).all());
    const those = addresses.filter((address) => family === undefined || familyOf(address) === family);
    if (those.length === 0) return [server];
    const leftOut = those.length - MAX_ADDRESSES;
    const common = { ...target, name: target.host, ...(leftOut > 0 ? { othersLeftOut: leftOut } : {}) };
    return those.slice(0, MAX_ADDRESSES).map((host) => ({ target: { ...common, host } }));
  });
  return (await Promise.all(expanded)).flat();
}

/** Asks a host's addresses one after the other: they are one server to whoever watches its log. */
export function oneByOne(probe: Probe): Probe {
  const waiting = new Map<string, (() => void)[]>();
  const next = (host: string) => {
    const start = waiting.get(host)?.shift();
    if (start === undefined) waiting.delete(host);
    else start();
  };
  return (target, signal, asker) => {
    const { name, othersLeftOut } = target;
    if (name === undefined) {
      probe(target, signal, asker);
      return;
    }
    const start = () =>
      probe(target, signal, {
        settled(report) {
          asker.settled(
            othersLeftOut === undefined ? report : { ...report, addressesLeftOut: othersLeftOut },
          );
          next(name);
        },
        failed: asker.failed,
      });
    const queue = waiting.get(name);
    if (queue !== undefined) {
      queue.push(start);
      return;
    }
    waiting.set(name, []);
    start();
  };
}
