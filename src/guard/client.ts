import { canonicalAddress, type Family, familyOf } from "../text/address.ts";
import { Recent } from "./recent.ts";
import { groupOf } from "./sender-group.ts";

/** Whoever wants to send mail here. */
export interface Client {
  /** Canonical; undefined where it is not known. */
  readonly address: string | undefined;
  /** By what it can reach an exchanger; IPv4 where that is not known. */
  readonly family: Family;
  /** Null where the address is not known. */
  readonly group: string | null;
}

/** Clients and addresses that are remembered. */
const MAX_RECENT = 10_000;
const addresses = new Recent(MAX_RECENT, canonicalAddress);
const clients = new Recent(MAX_RECENT, (spelled): Client => {
  const [text = "", name = ""] = spelled.split("\0");
  const address = canonicalAddress(text);
  if (address === undefined) return { address, family: 4, group: null };
  return { address, family: familyOf(address) ?? 4, group: groupOf(address, name === "" ? null : name) };
});

/** The client at an address as it was given, with its verified name. */
export function clientOf(address: string | null, name: string | null): Client {
  return clients.of(`${address ?? ""}\0${name ?? ""}`);
}

/** The canonical form of an address of ours as it was given; undefined for none. */
export function ownAddressOf(address: string | null): string | undefined {
  return address === null ? undefined : addresses.of(address);
}
