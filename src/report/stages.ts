import type { ServerReport } from "../probe/outcome.ts";
import { STAGES, type Stage } from "../smtp/attempt.ts";
import { cleanText } from "../text/clean-text.ts";
import { validity } from "../tls/facts.ts";

/** What each stage took, in milliseconds; null for one that was not begun. */
export function stagesMsOf(
  report: Pick<ServerReport, "dnsMs" | "connectMs" | "greetingMs" | "dialogue">,
): Readonly<Record<Stage, number | null>> {
  const { dnsMs, connectMs, greetingMs, dialogue } = report;
  const early: Partial<Record<Stage, number | null>> = {
    dns: dnsMs,
    connect: connectMs,
    greeting: greetingMs,
  };
  const all = STAGES.map((stage) => [stage, early[stage] ?? dialogue?.stagesMs[stage] ?? null]);
  return Object.fromEntries(all);
}

/** What is worth a word past the greeting: an old hello, TLS and the certificate's time, or why there is none. */
export function renderDialogue(
  { dialogue }: Pick<ServerReport, "dialogue">,
  nowMs: number,
): readonly string[] {
  if (dialogue === undefined) return [];
  const { hello, tls, tlsFailure } = dialogue;
  const [certificate] = tls?.chain ?? [];
  const days = certificate === undefined ? null : Math.floor(validity(certificate, nowMs).daysLeft);
  return [
    ...(hello === "HELO" ? ["no EHLO"] : []),
    ...(tls === null ? [] : [cleanText(tls.protocol)]),
    ...(days === null || days < 0 ? [] : [`certificate for ${days} more days`]),
    ...(tlsFailure === null ? [] : [cleanText(`in the clear: ${tlsFailure}`)]),
  ];
}
