import type { ExchangeList, MailExchanger } from "../../names/exchanges.ts";
import type { OwnHosts } from "./own-hosts.ts";

/** What we are for a domain. */
export type Standing =
  | { readonly kind: "null-mx" | "no-mx" }
  /** None of its exchangers is us. */
  | { readonly kind: "stranger"; readonly exchangers: readonly MailExchanger[] }
  | { readonly kind: "first" }
  /** These are strictly more preferred than us. */
  | { readonly kind: "behind"; readonly before: readonly MailExchanger[] };

/** What we are for a domain with these exchangers, whose addresses are by host: the least preference that is us counts. */
export function standingOf(
  list: ExchangeList,
  addresses: ReadonlyMap<string, readonly string[]>,
  own: OwnHosts,
): Standing {
  if (list.kind === "null-mx") return { kind: "null-mx" };
  if (list.implicit) return { kind: "no-mx" };
  const isOwn = ({ host }: MailExchanger) =>
    host !== null &&
    (own.names.has(host) || (addresses.get(host) ?? []).some((address) => own.addresses.has(address)));
  const [us] = list.exchanges.filter(isOwn);
  if (us === undefined) return { kind: "stranger", exchangers: list.exchanges };
  const before = list.exchanges.filter(({ preference }) => preference < us.preference);
  return before.length === 0 ? { kind: "first" } : { kind: "behind", before };
}
