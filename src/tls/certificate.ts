import type { KeyObject, X509Certificate } from "node:crypto";
import { canonicalAddress } from "../text/address.ts";
import type { Certificate } from "./facts.ts";

/** Bits of the curves that a certificate's key may be on (RFC 5480 §2.1.1.1), by their names in OpenSSL. */
const CURVE_BITS: Readonly<Record<string, number>> = {
  prime256v1: 256,
  "P-256": 256,
  secp384r1: 384,
  "P-384": 384,
  secp521r1: 521,
  "P-521": 521,
};

/** Reads a certificate. A server may send one with a key of any kind: one that the system cannot read is left open. */
export function describeCertificate(x509: X509Certificate): Certificate {
  const key = keyOf(x509);
  return {
    subject: nameOf(x509.subject),
    issuer: nameOf(x509.issuer),
    names: namesOf(x509.subjectAltName ?? ""),
    notBeforeMs: Date.parse(x509.validFrom),
    notAfterMs: Date.parse(x509.validTo),
    keyType: key?.asymmetricKeyType ?? "unknown",
    keyBits: key === undefined ? null : bitsOf(key),
    fingerprint: sha256(x509.raw),
    publicKeyFingerprint: key === undefined ? null : sha256(key.export({ type: "spki", format: "der" })),
    isSelfSigned: x509.subject === x509.issuer && key !== undefined && x509.verify(key),
  };
}

/** Whether one certificate is signed by the key of another. */
export function isIssuedBy(issued: X509Certificate, issuer: X509Certificate): boolean {
  if (issued.issuer !== issuer.subject || !issued.checkIssued(issuer)) return false;
  const key = keyOf(issuer);
  return key !== undefined && issued.verify(key);
}

/** Undefined for a key that the system cannot read. */
function keyOf(x509: X509Certificate): KeyObject | undefined {
  try {
    return x509.publicKey;
  } catch {
    return undefined;
  }
}

function bitsOf(key: KeyObject): number | null {
  const { modulusLength, namedCurve = "" } = key.asymmetricKeyDetails ?? {};
  if (modulusLength !== undefined) return modulusLength;
  return CURVE_BITS[namedCurve] ?? (key.asymmetricKeyType === "ed25519" ? 256 : null);
}

function nameOf(distinguishedName: string | undefined): string {
  return (distinguishedName ?? "").trim().split("\n").join(", ");
}

/** `DNS:mx.test, IP Address:192.0.2.1`, where what holds a comma is quoted as JSON (Node's CVE-2021-44532). */
function namesOf(subjectAltName: string): readonly string[] {
  const parts = subjectAltName.match(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g) ?? [];
  return parts.flatMap((part) => {
    const [, name] = /^\s*(?:DNS|IP Address):(.*)$/s.exec(part) ?? [];
    if (name === undefined) return [];
    return [name.startsWith('"') ? unquoted(name) : (canonicalAddress(name) ?? name)];
  });
}

function unquoted(name: string): string {
  try {
    return String(JSON.parse(name));
  } catch {
    return name;
  }
}

function sha256(octets: Buffer): string {
  return new Bun.SHA256().update(octets).digest("hex");
}
