import { askingServices, type DiagnosisOptions, diagnose } from "../../../src/guard/doctor/diagnosis.ts";
import { renderFinding } from "../../../src/guard/doctor/finding.ts";
import { parseMasterCf } from "../../../src/guard/doctor/master-services.ts";
import { parseMainCf } from "../../../src/guard/doctor/parameters.ts";
import type { SocketSight } from "../../../src/guard/doctor/socket.ts";

/** An smtpd that is not chrooted. */
export const SMTPD = "smtp inet n - n - - smtpd\n";

/** What is asked for by default. */
const USUAL: DiagnosisOptions = { policy: null, answerWithinSeconds: 5 };

/** What is found, as lines; the sights are by address. */
export function findings(
  mainCf: string,
  masterCf = SMTPD,
  sights: Readonly<Record<string, SocketSight>> = {},
  options: DiagnosisOptions = USUAL,
): readonly string[] {
  const setup = { parameters: parseMainCf(mainCf), services: parseMasterCf(masterCf) };
  const asking = askingServices(setup, options);
  return diagnose(setup, asking, new Map(Object.entries(sights)), options).map(renderFinding);
}

/** The findings that are not ok. */
export function complaints(...given: Parameters<typeof findings>): readonly string[] {
  return findings(...given).filter((line) => !line.startsWith("ok: "));
}

/** A main.cf of compatibility level 3.6 whose recipient restrictions are well, up to the policy service. */
export function mainCf(policy: string, lines = ""): string {
  return `compatibility_level = 3.6
smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination, reject_unlisted_recipient, check_policy_service ${policy}
${lines}`;
}
