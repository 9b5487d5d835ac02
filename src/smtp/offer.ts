import type { Reply } from "./reply.ts";

/** One extension that a server offers (RFC 5321 §4.1.1.1): its keyword in capitals, and its parameters as they are. */
export interface Extension {
  readonly keyword: string;
  readonly parameters: readonly string[];
}

/** What the answer to EHLO or LHLO offers: a line each, behind the first; `AUTH=PLAIN` is an old way to say `AUTH PLAIN`. */
export function extensionsOf({ lines }: Reply): readonly Extension[] {
  return lines.slice(1).flatMap((line) => {
    const [first = "", ...parameters] = line
      .trim()
      .replace(/^AUTH=/i, "AUTH ")
      .split(/\s+/);
    return first === "" ? [] : [{ keyword: first.toUpperCase(), parameters }];
  });
}

/** Whether an extension is offered: `SIZE`, or with a parameter of it, `AUTH=PLAIN`. */
export function offers(offer: Reply, wanted: string): boolean {
  const [keyword = "", parameter] = wanted.toUpperCase().split("=", 2);
  return extensionsOf(offer).some(
    (each) =>
      each.keyword === keyword &&
      (parameter === undefined || each.parameters.some((one) => one.toUpperCase() === parameter)),
  );
}

/** The mechanisms of AUTH that are offered (RFC 4954 §3). */
export function mechanismsOf(offer: Reply): readonly string[] {
  return extensionsOf(offer).flatMap(({ keyword, parameters }) => (keyword === "AUTH" ? parameters : []));
}
