import { parseDomain } from "../names/exchanges.ts";
import { canonicalAddress, familyOf } from "../text/address.ts";
import { cannotRead } from "../text/errors.ts";
import { parseMailbox } from "../text/mailbox.ts";
import { parseHost } from "../text/target.ts";
import { Networks } from "./network.ts";
import type { Question } from "./question.ts";
import { domainOf } from "./recipient-domain.ts";
import { readRules } from "./rules.ts";

/** Who is never deferred. */
export interface AllowList {
  /** `address` is the client's, canonical; undefined for an unknown one. */
  has(question: Question, address: string | undefined): boolean;
}

/**
 * Reads a file of those who are never deferred, one a line: a network or an address, the exact name of a client, a
 * sender's mailbox, or `@` and a sender's domain.
 * @throws {UsageError} for a line that is none of them.
 */
export function parseAllowList(text: string, file: string): AllowList {
  const networks = new Networks();
  const [names, senders, domains] = [new Set<string>(), new Set<string>(), new Set<string>()];
  readRules(text, file, (rule) => {
    if (rule.startsWith("@")) domains.add(parseDomain(rule.slice(1)));
    else if (rule.includes("@")) senders.add(mailboxOf(rule));
    else if (rule.includes("/") || canonicalAddress(rule) !== undefined) networks.add(rule);
    else names.add(nameOf(rule));
  });
  return {
    has({ clientName, sender }, address) {
      if (address !== undefined && networks.has(address)) return true;
      if (names.size > 0 && clientName !== null && names.has(clientName.toLowerCase().replace(/\.$/, "")))
        return true;
      if (sender === null || sender === "") return false;
      if (senders.size > 0 && senders.has((parseMailbox(sender) ?? sender).toLowerCase())) return true;
      return domains.size > 0 && domains.has(domainOf(sender) ?? "");
    },
  };
}

function mailboxOf(rule: string): string {
  const mailbox = parseMailbox(rule)?.toLowerCase();
  if (mailbox === undefined) throw cannotRead(rule, "a sender", "a mailbox, such as news@example.org");
  return mailbox;
}

function nameOf(rule: string): string {
  const name = parseHost(rule)?.replace(/\.$/, "");
  if (name === undefined || familyOf(name) !== undefined)
    throw cannotRead(rule, "who is allowed", "a network, a client's name, a sender, or @ and a domain");
  return name;
}
