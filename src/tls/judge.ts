import type { X509Certificate } from "node:crypto";
import { familyOf } from "../text/address.ts";
import { CERTIFICATE_FAULTS, type Certificate, type CertificateFault } from "./facts.ts";

/** What the system's verification says that is about time; trust may be wrong too then. */
const ABOUT_TIME = new Set(["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"]);
const NO_ISSUER = new Set(["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"]);
const PRIVATE_ROOT = "SELF_SIGNED_CERT_IN_CHAIN";
const WRONG_NAME = "ERR_TLS_CERT_ALTNAME_INVALID";
const DAY_MS = 86_400_000;
/** So many of a certificate's names are told where it is for none that was asked for, each so long at most. */
const MAX_NAMES_TOLD = 5;
const MAX_NAME_CHARACTERS = 200;

/** What there is to judge. */
export interface Evidence {
  readonly chain: readonly Certificate[];
  readonly leaf: X509Certificate | undefined;
  /** Whether the chain leads to an authority; asked where the complaint is about time, which comes first. */
  readonly isTrusted: () => boolean;
  /** OpenSSL's first complaint; undefined when it verified the chain. */
  readonly code: string | undefined;
  /** The host name or address that the certificate must carry; undefined for none, as at a unix socket. */
  readonly name: string | undefined;
  readonly nowMs: number;
}

/** Everything that is wrong with a certificate, the worst in front (RFC 5280 §6, RFC 9525 §6). */
export function judge({ chain, leaf, code, isTrusted, name, nowMs }: Evidence): readonly CertificateFault[] {
  const [first] = chain;
  if (first === undefined || leaf === undefined) {
    return [{ kind: "certificate-untrusted", cause: "no certificate" }];
  }
  const inTime =
    timeFault(first, nowMs) ?? (ABOUT_TIME.has(code ?? "") ? issuersTimeFault(chain, nowMs) : undefined);
  const faults = [trustFault(distrust(code, isTrusted), chain, first), inTime, nameFault(leaf, first, name)];
  const known = faults.filter((fault) => fault !== undefined);
  return known.toSorted((one, other) => rank(one) - rank(other));
}

function rank({ kind }: CertificateFault): number {
  return CERTIFICATE_FAULTS.indexOf(kind);
}

/** Whether the system has found an authority, and nothing wrong but perhaps the name. */
export function isAboutNameAlone(code: string | undefined): boolean {
  return code === undefined || code === WRONG_NAME;
}

/** Whether the system has found no authority. */
export function isOfNoAuthority(code: string | undefined): boolean {
  return code !== undefined && (NO_ISSUER.has(code) || code === PRIVATE_ROOT);
}

/** Whether a chain leads to an authority, by what the system complained of. */
function isVerified(code: string | undefined, isTrusted: () => boolean): boolean {
  if (isAboutNameAlone(code)) return true;
  return code !== undefined && ABOUT_TIME.has(code) && isTrusted();
}

/** What the system complained of, or would have, that is about trust. */
function distrust(code: string | undefined, isTrusted: () => boolean): string | undefined {
  if (isVerified(code, isTrusted)) return undefined;
  return ABOUT_TIME.has(code ?? "") ? "UNABLE_TO_GET_ISSUER_CERT_LOCALLY" : code;
}

function trustFault(
  code: string | undefined,
  chain: readonly Certificate[],
  leaf: Certificate,
): CertificateFault | undefined {
  if (code === undefined) return undefined;
  if (leaf.isSelfSigned) return { kind: "certificate-untrusted", cause: "self-signed" };
  if (chain.length === 1 && NO_ISSUER.has(code)) {
    return {
      kind: "certificate-incomplete",
      cause: `sent without that of its issuer, ${clipped(leaf.issuer)}`,
    };
  }
  const last = chain.at(-1) ?? leaf;
  return {
    kind: "certificate-untrusted",
    cause: isOfNoAuthority(code)
      ? `no authority known here: ${clipped(last.issuer)}`
      : code.toLowerCase().replaceAll("_", " "),
  };
}

function timeFault({ notBeforeMs, notAfterMs }: Certificate, nowMs: number): CertificateFault | undefined {
  if (nowMs > notAfterMs)
    return { kind: "certificate-expired", cause: `expired ${inWords(nowMs - notAfterMs)} ago` };
  if (nowMs >= notBeforeMs) return undefined;
  return { kind: "certificate-not-yet-valid", cause: `valid only in ${inWords(notBeforeMs - nowMs)}` };
}

/** For when the system says so: what is sent along in vain may be as old as it likes. */
function issuersTimeFault(chain: readonly Certificate[], nowMs: number): CertificateFault | undefined {
  for (const issuer of chain.slice(1)) {
    const fault = timeFault(issuer, nowMs);
    if (fault !== undefined)
      return { ...fault, cause: `${fault.cause}: that of its issuer ${clipped(issuer.subject)}` };
  }
  return { kind: "certificate-expired", cause: "out of date: that of its issuer" };
}

/** A whole name, or a wildcard for its first label; the subject's common name is no name (RFC 9525 §6.3). */
function nameFault(
  leaf: X509Certificate,
  { names, subject }: Certificate,
  name: string | undefined,
): CertificateFault | undefined {
  if (name === undefined) return undefined;
  const matched =
    familyOf(name) === undefined
      ? leaf.checkHost(name, { subject: "never", wildcards: true, partialWildcards: false })
      : leaf.checkIP(name);
  if (matched !== undefined) return undefined;
  return { kind: "certificate-name", cause: `for ${those(names, subject)}, not for ${name}` };
}

function those(names: readonly string[], subject: string): string {
  if (names.length === 0) return `no name, but for its subject ${clipped(subject)}`;
  const more = names.length > MAX_NAMES_TOLD ? ` and ${names.length - MAX_NAMES_TOLD} more` : "";
  return names.slice(0, MAX_NAMES_TOLD).map(clipped).join(", ") + more;
}

/** A certificate may be as long as its owner likes; a cause is one line for a person. */
function clipped(text: string): string {
  return text.length <= MAX_NAME_CHARACTERS ? text : `${text.slice(0, MAX_NAME_CHARACTERS)}…`;
}

function inWords(durationMs: number): string {
  const days = Math.floor(durationMs / DAY_MS);
  if (days > 0) return days === 1 ? "1 day" : `${days} days`;
  return `${Math.max(1, Math.round(durationMs / 3_600_000))} h`;
}
