/** What is known of a certificate that a server sent. */
export interface Certificate {
  /** Distinguished names, one attribute after the other: `CN=mx1.example.org, O=Example`. */
  readonly subject: string;
  readonly issuer: string;
  /** Host names and addresses it is for (subjectAltName): `mx1.example.org`, `192.0.2.1`. */
  readonly names: readonly string[];
  /** Milliseconds since 1970. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** `rsa`, `ec`, `ed25519` …, and its size in bits where that can be told. */
  readonly keyType: string;
  readonly keyBits: number | null;
  /** SHA-256 in lower-case hexadecimal, of the certificate, and of its public key (SubjectPublicKeyInfo) if the system can read that. */
  readonly fingerprint: string;
  readonly publicKeyFingerprint: string | null;
  readonly isSelfSigned: boolean;
}

/** What can be wrong with a certificate, the worst in front: trust, then time, then name. */
export const CERTIFICATE_FAULTS = [
  "certificate-untrusted",
  "certificate-incomplete",
  "certificate-expired",
  "certificate-not-yet-valid",
  "certificate-name",
] as const;

/** One fault, in a few words of our own and the certificate's (not yet clean). */
export interface CertificateFault {
  readonly kind: (typeof CERTIFICATE_FAULTS)[number];
  readonly cause: string;
}

/** What a handshake came to. */
export interface TlsFacts {
  /** `TLSv1.3` */
  readonly protocol: string;
  /** By its standard name (IANA): `TLS_AES_128_GCM_SHA256`. */
  readonly cipher: string;
  /** As the server sent them, its own in front, without a root of our own store; empty for none. */
  readonly chain: readonly Certificate[];
  /** Against these authorities and this name, the worst in front; empty for a certificate that is good. */
  readonly faults: readonly CertificateFault[];
}

/** The time that a certificate has left. */
export function validity({ notBeforeMs, notAfterMs }: Certificate, nowMs: number) {
  const leftMs = notAfterMs - nowMs;
  return { daysLeft: leftMs / 86_400_000, shareLeft: leftMs / Math.max(1, notAfterMs - notBeforeMs) };
}
