import { error, type Finding, mergeFindings, warning } from "./finding.ts";
import type { MasterService } from "./master-services.ts";
import type { Parameters } from "./parameters.ts";
import { judgePlace, WELL_PLACED } from "./place.ts";
import { findPolicyUses, type PolicyUse } from "./restrictions.ts";
import { goodTimeout, judgeSettings } from "./settings.ts";
import { judgeSocket, type SocketSight } from "./socket.ts";

/** How a Postfix is set up. */
export interface PostfixSetup {
  readonly parameters: Parameters;
  readonly services: readonly MasterService[];
}

/** What a diagnosis goes by. */
export interface DiagnosisOptions {
  /** The address of the one policy service that is meant, as main.cf has it; null for every one. */
  readonly policy: string | null;
  /** What the guard is started with. */
  readonly answerWithinSeconds: number;
}

/** An smtpd of master.cf, with its own parameters and where it asks. */
export interface AskingService {
  readonly service: MasterService;
  readonly parameters: Parameters;
  readonly uses: readonly PolicyUse[];
}

/** Every smtpd, and where it asks a policy service. */
export function askingServices(
  { parameters, services }: PostfixSetup,
  { policy }: DiagnosisOptions,
): readonly AskingService[] {
  return services
    .filter(({ command }) => command === "smtpd")
    .map((service) => {
      const own = parameters.with(service.overrides);
      const uses = findPolicyUses(own);
      const meant = uses.filter((use) => policy === null || use.service.address === policy);
      return { service, parameters: own, uses: meant };
    });
}

/** What is wrong, and what is right, with how a Postfix asks the guard; the sights are by address. */
export function diagnose(
  setup: PostfixSetup,
  asking: readonly AskingService[],
  sights: ReadonlyMap<string, SocketSight>,
  options: DiagnosisOptions,
): readonly Finding[] {
  const { policy, answerWithinSeconds } = options;
  if (asking.length === 0) {
    return [error("master.cf has no smtpd, so nobody asks any policy service: take mail in first")];
  }
  const users = asking.filter(({ uses }) => uses.length > 0);
  if (users.length === 0) {
    const which = policy === null ? "no policy service" : `no policy service ${policy}`;
    const braces = `{ ${policy ?? "unix:mxguard/policy.sock"}, ${goodTimeout(answerWithinSeconds)}, default_action=DUNNO }`;
    return [error(`Postfix asks ${which}: write ${WELL_PLACED} ${braces}`)];
  }
  const byService = new Map(
    users.map(({ service, parameters, uses }) => [
      nameOf(service),
      uses.flatMap((use) => [
        ...judgePlace(use, parameters),
        ...judgeSettings(use, parameters, answerWithinSeconds),
        ...judgeSocket(
          use.service,
          { parameters, chroot: service.chroot, services: setup.services },
          sights.get(use.service.address) ?? null,
        ),
      ]),
    ]),
  );
  const silent = asking.filter(({ service, uses }) => uses.length === 0 && isPublic(service));
  return [
    ...mergeFindings(
      byService,
      users.map(({ service }) => nameOf(service)),
    ),
    ...silent.map(({ service }) => warning(`${nameOf(service)} in master.cf asks no policy service`)),
  ];
}

/** Whether a service takes mail from other mail servers: port 25, or behind postscreen. */
function isPublic({ name, type }: MasterService): boolean {
  return type === "pass" || /(?:^|:)(?:smtp|25)$/.test(name);
}

function nameOf({ name, type }: MasterService): string {
  return `${name} ${type}`;
}
