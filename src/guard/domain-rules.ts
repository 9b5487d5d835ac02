import { parseDomain } from "../names/exchanges.ts";
import { readRules } from "./rules.ts";

/** Which recipient domains are guarded. */
export interface DomainRules {
  has(domain: string): boolean;
}

/**
 * Reads a file of domains, one a line: `example.org` is that one, `.example.org` its subdomains without itself.
 * @throws {UsageError} for a line that is neither.
 */
export function parseDomainRules(text: string, file: string): DomainRules {
  const [exact, parents] = [new Set<string>(), new Set<string>()];
  readRules(text, file, (rule) => {
    if (rule.startsWith(".")) parents.add(parseDomain(rule.slice(1)));
    else exact.add(parseDomain(rule));
  });
  return {
    has(domain) {
      if (exact.has(domain)) return true;
      for (let at = domain.indexOf("."); at !== -1; at = domain.indexOf(".", at + 1))
        if (parents.has(domain.slice(at + 1))) return true;
      return false;
    },
  };
}
