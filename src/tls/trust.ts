import type { X509Certificate } from "node:crypto";
import { isIssuedBy } from "./certificate.ts";

/** Authorities, read once: there are hundreds, and every server's chain is looked at. */
interface Authorities {
  readonly fingerprints: ReadonlySet<string>;
  readonly bySubject: ReadonlyMap<string, readonly X509Certificate[]>;
}

const known = new WeakMap<readonly string[], Authorities>();
let usual: readonly string[] | undefined;

/**
 * What is trusted where nothing else is given, in PEM: Bun's own list, which is Mozilla's, and the system's, where an
 * administrator puts authorities of his own. Reading the latter takes 18 ms.
 */
export function usualAuthorities(): readonly string[] {
  const { getCACertificates } = process.getBuiltinModule("node:tls");
  usual ??= [...new Set([...getCACertificates("default"), ...getCACertificates("system")])];
  return usual;
}

/** Whether a certificate is one of these authorities (PEM). */
export function isAuthority(x509: X509Certificate, authorities: readonly string[]): boolean {
  return read(authorities).fingerprints.has(x509.fingerprint256);
}

/**
 * Whether a chain leads to one of these authorities (PEM), whatever the time: the system's verification complains of
 * time alone when that is wrong too.
 */
export function leadsToAuthority(sent: readonly X509Certificate[], authorities: readonly string[]): boolean {
  const last = lastOf(sent);
  if (last === undefined) return false;
  const { bySubject } = read(authorities);
  const issuers = bySubject.get(last.issuer) ?? [];
  return isAuthority(last, authorities) || issuers.some((authority) => isIssuedBy(last, authority));
}

/** The certificate up to which each one is issued by another that was sent, in whatever order. */
function lastOf(sent: readonly X509Certificate[]): X509Certificate | undefined {
  let [last] = sent;
  for (let steps = 0; last !== undefined && steps < sent.length; steps += 1) {
    const issued = last;
    const issuer = sent.find((other) => other !== issued && isIssuedBy(issued, other));
    if (issuer === undefined) return last;
    last = issuer;
  }
  return last;
}

function read(authorities: readonly string[]): Authorities {
  const earlier = known.get(authorities);
  if (earlier !== undefined) return earlier;
  const { X509Certificate } = process.getBuiltinModule("node:crypto");
  const all = authorities.map((pem) => new X509Certificate(pem));
  const now = {
    fingerprints: new Set(all.map(({ fingerprint256 }) => fingerprint256)),
    bySubject: Map.groupBy(all, ({ subject }) => subject),
  };
  known.set(authorities, now);
  return now;
}
