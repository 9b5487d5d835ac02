import { cleanText } from "../../text/clean-text.ts";

/** One thing that is as it should be, that may do harm, or that does. */
export interface Finding {
  readonly level: "ok" | "warning" | "error";
  readonly text: string;
}

/** What is as it should be. */
export const ok = (text: string): Finding => ({ level: "ok", text });

/** What may do harm, or could not be told. */
export const warning = (text: string): Finding => ({ level: "warning", text });

/** What does harm. */
export const error = (text: string): Finding => ({ level: "error", text });

/** A finding as one line of clean text. */
export function renderFinding({ level, text }: Finding): string {
  return `${level}: ${cleanText(text)}`;
}

/** Findings of several services of master.cf as one list: what holds for all of them is said once, without their names. */
export function mergeFindings(
  byService: ReadonlyMap<string, readonly Finding[]>,
  asking: readonly string[],
): readonly Finding[] {
  const merged = new Map<string, { readonly finding: Finding; readonly services: string[] }>();
  for (const [service, findings] of byService) {
    for (const finding of findings) {
      const key = renderFinding(finding);
      const known = merged.get(key);
      if (known === undefined) merged.set(key, { finding, services: [service] });
      else if (!known.services.includes(service)) known.services.push(service);
    }
  }
  return [...merged.values()].map(({ finding: { level, text }, services }) =>
    asking.every((service) => services.includes(service))
      ? { level, text }
      : { level, text: `${text} (${services.join(", ")} in master.cf)` },
  );
}
