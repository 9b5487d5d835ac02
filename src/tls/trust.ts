import type { X509Certificate } from "node:crypto";

/**
 * Whether a chain leads to one of these authorities (PEM), whatever the time: the system's verification complains of
 * time alone when that is wrong too.
 */
export function leadsToAuthority(sent: readonly X509Certificate[], authorities: readonly string[]): boolean {
  const last = lastOf(sent);
  if (last === undefined) return false;
  const { X509Certificate } = process.getBuiltinModule("node:crypto");
  for (const pem of authorities) {
    const authority = new X509Certificate(pem);
    if (authority.fingerprint256 === last.fingerprint256 || isIssuedBy(last, authority)) return true;
  }
  return false;
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

function isIssuedBy(issued: X509Certificate, issuer: X509Certificate): boolean {
  return issued.issuer === issuer.subject && issued.checkIssued(issuer) && issued.verify(issuer.publicKey);
}
