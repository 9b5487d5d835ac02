import { cramMd5 } from "./cram-md5.ts";
import { login } from "./login.ts";
import type { Credentials, Exchange } from "./mechanism.ts";
import { oauthBearer, xoauth2 } from "./oauth.ts";
import { plain } from "./plain.ts";
import { scramSha256 } from "./scram.ts";

const BY_PASSWORD = {
  "SCRAM-SHA-256": scramSha256,
  "CRAM-MD5": cramMd5,
  PLAIN: plain,
  LOGIN: login,
} as const satisfies Record<string, (credentials: Credentials) => Exchange>;

/** All mechanisms that are known, those by a password first, the best in front; a token is only for whoever names its own. */
export const MECHANISMS = { ...BY_PASSWORD, XOAUTH2: xoauth2, OAUTHBEARER: oauthBearer } as const;

/** The name of a mechanism, as a server offers it. */
export type MechanismName = keyof typeof MECHANISMS;

/** Those to choose from when none is named, the best in front. */
const PREFERRED = Object.keys(BY_PASSWORD) as readonly MechanismName[];

/** Whether a word is the name of one, in capitals. */
export function isMechanism(name: string): name is MechanismName {
  return Object.hasOwn(MECHANISMS, name);
}

/** The first mechanism that both know, or the one that was named if it is offered. */
export function chooseMechanism(
  offered: readonly string[],
  named: MechanismName | undefined,
): MechanismName | undefined {
  const known = new Set(offered.map((name) => name.toUpperCase()));
  return (named === undefined ? PREFERRED : [named]).find((name) => known.has(name));
}
