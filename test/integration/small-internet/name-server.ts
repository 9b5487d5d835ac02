import { readFileSync } from "node:fs";
import { rename } from "node:fs/promises";
import { type FakeNameServer, fakeNameServer } from "../../fake/name-server.ts";
import type { Zone } from "../../fake/zone.ts";
import { makeServerFolder } from "../server-folder.ts";
import type { Host } from "./network.ts";
import { type Service, startService } from "./service.ts";

/** A name server of a host, whose zone can be another from the next question on. */
export interface NameServer extends Service {
  serve(zone: Zone): Promise<void>;
}

/** Starts a name server on all addresses of a host. */
export async function startNameServer(host: Host, zone: Zone): Promise<NameServer> {
  const folder = await makeServerFolder([]);
  const serve = async (next: Zone) => {
    await rename(await folder.write("next.json", JSON.stringify(next)), `${folder.path}/zone.json`);
  };
  await serve(zone);
  const argv = [process.execPath, import.meta.path, `${folder.path}/zone.json`, ...host.addresses];
  const service = await startService({ host, folder, argv, listensOn: 53 });
  return { ...service, serve };
}

/** The records that lead from names to addresses and back (RFC 1035 §3.5, RFC 3596 §2.5), with others added to them. */
export function zoneOf(addressesOf: Readonly<Record<string, readonly string[]>>, others: Zone = {}): Zone {
  const forward = Object.entries(addressesOf).map(([name, addresses]) => {
    const A = addresses.filter((address) => !address.includes(":"));
    const AAAA = addresses.filter((address) => address.includes(":"));
    return [name, { A, AAAA }] as const;
  });
  const back = Object.entries(addressesOf).flatMap(([name, addresses]) =>
    addresses.map((address) => [reverseName(address), { PTR: name }] as const),
  );
  return { ...Object.fromEntries([...forward, ...back]), ...others };
}

function reverseName(address: string): string {
  if (!address.includes(":")) return `${address.split(".").toReversed().join(".")}.in-addr.arpa`;
  const [left = [], right = []] = address.split("::").map((half) => half.split(":"));
  const zeros = new Array<string>(8 - left.length - right.length).fill("0");
  const digits = [...left, ...zeros, ...right].map((group) => group.padStart(4, "0")).join("");
  return `${[...digits].toReversed().join(".")}.ip6.arpa`;
}

/** Reads the file anew for every name it is asked for. */
function serveFile(file: string, hostname: string): Promise<FakeNameServer> {
  const zone = new Proxy<Record<string, Zone[string]>>(
    {},
    { get: (_, name) => JSON.parse(readFileSync(file, "utf8"))[name] },
  );
  return fakeNameServer(zone, { hostname, port: 53 });
}

if (import.meta.main) {
  const [file = "", ...addresses] = Bun.argv.slice(2);
  await Promise.all(addresses.map((address) => serveFile(file, address)));
}
