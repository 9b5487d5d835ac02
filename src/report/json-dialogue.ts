import type { ProbeOutcome, ServerReport } from "../probe/outcome.ts";
import type { Dialogue } from "../smtp/attempt.ts";
import { extensionsOf } from "../smtp/offer.ts";
import { cleanText } from "../text/clean-text.ts";
import { type Certificate, type TlsFacts, validity } from "../tls/facts.ts";

const NOT_ASKED = { result: "not-asked", faults: [] };

/** What of a server is described here. */
type Described = Pick<ServerReport, "dialogue" | "outcome">;

/** What was learnt past the greeting, as JSON has it; null for each part that was not come to. */
export function describeDialogue({ dialogue, outcome }: Described, nowMs: number) {
  return {
    hello: dialogue?.hello ?? null,
    extensions: dialogue?.offer ? extensionsOf(dialogue.offer).map(describeExtension) : null,
    tls: dialogue?.tls ? describeTls(dialogue.tls, nowMs) : null,
    judgements: judgementsOf(dialogue, outcome),
    tlsFailure: typeof dialogue?.tlsFailure === "string" ? cleanText(dialogue.tlsFailure) : null,
  };
}

/**
 * How a sender would take it: one that uses TLS when it can, and one that verifies by the public authorities. Of
 * policies of the domain's owner nothing is known yet.
 */
function judgementsOf(dialogue: Dialogue | undefined, outcome: ProbeOutcome) {
  const tls = dialogue?.tls;
  const failed =
    ["tls-failed", "starttls-missing"].includes(outcome.kind) || typeof dialogue?.tlsFailure === "string";
  const faults = (tls?.faults ?? []).map(({ kind, cause }) => ({ reason: kind, cause: cleanText(cause) }));
  const result = faults.length === 0 ? "passed" : "failed";
  return {
    opportunistic: { result: tls ? "passed" : failed ? "failed" : NOT_ASKED.result, faults: [] },
    pkix: tls ? { result, faults } : NOT_ASKED,
    mtaSts: NOT_ASKED,
    dane: NOT_ASKED,
  };
}

function describeExtension({ keyword, parameters }: ReturnType<typeof extensionsOf>[number]) {
  return { keyword: cleanText(keyword), parameters: parameters.map(cleanText) };
}

function describeTls({ protocol, cipher, chain }: TlsFacts, nowMs: number) {
  const [certificate] = chain;
  return {
    protocol: cleanText(protocol),
    cipher: cleanText(cipher),
    certificate: certificate === undefined ? null : describeCertificate(certificate, nowMs),
    chain: chain.map((each) => describeCertificate(each, nowMs)),
  };
}

function describeCertificate(certificate: Certificate, nowMs: number) {
  const { daysLeft, shareLeft } = validity(certificate, nowMs);
  return {
    subject: cleanText(certificate.subject),
    issuer: cleanText(certificate.issuer),
    names: certificate.names.map(cleanText),
    notBefore: momentOf(certificate.notBeforeMs),
    notAfter: momentOf(certificate.notAfterMs),
    daysLeft: Math.floor(daysLeft * 100) / 100,
    shareLeft: Math.floor(shareLeft * 10_000) / 10_000,
    keyType: certificate.keyType,
    keyBits: certificate.keyBits,
    fingerprint: certificate.fingerprint,
    publicKeyFingerprint: certificate.publicKeyFingerprint,
    selfSigned: certificate.isSelfSigned,
  };
}

/** A certificate may claim a moment that no calendar here has. */
function momentOf(ms: number): string | null {
  const moment = new Date(ms);
  return Number.isNaN(moment.getTime()) ? null : moment.toISOString();
}
