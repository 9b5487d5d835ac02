import type { Reply } from "./reply.ts";

/** The enhanced status code that begins a reply's text, such as `4.7.1` (RFC 3463 §2, RFC 2034 §4); null without one of the reply's class. */
export function enhancedCodeOf({ code, lines }: Reply): string | null {
  const [, found] = /^([245]\.\d{1,3}\.\d{1,3})(?:\s|$)/.exec(lines.at(-1) ?? "") ?? [];
  return found?.startsWith(String(code).slice(0, 1)) ? found : null;
}
