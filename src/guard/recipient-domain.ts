import { familyOf } from "../text/address.ts";
import { parseHost } from "../text/target.ts";
import { MAX_NAME_CHARACTERS } from "../text/target-fault.ts";
import { Recent } from "./recent.ts";

/** Blanks, controls, and what stands in no domain but in a literal (RFC 5321 §4.1.3). */
const NO_DOMAIN = /[\s\p{Cc}[\]]/u;

/** Domains that are remembered as they were spelled. */
const MAX_RECENT = 10_000;
const recent = new Recent(MAX_RECENT, parse);

/**
 * The domain of a mailbox: what stands behind the last `@`, in lower case, by its A-labels and without a final dot.
 * Undefined for a mailbox without one: a literal or an address, blanks, controls, more than 253 octets.
 */
export function domainOf(mailbox: string): string | undefined {
  const at = mailbox.lastIndexOf("@");
  if (at === -1 || mailbox.length - at > MAX_NAME_CHARACTERS + 2) return undefined;
  return recent.of(mailbox.slice(at + 1));
}

function parse(text: string): string | undefined {
  if (NO_DOMAIN.test(text)) return undefined;
  const host = parseHost(text);
  return host === undefined || familyOf(host) !== undefined ? undefined : host.replace(/\.$/, "");
}
