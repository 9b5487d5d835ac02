import { codeOf } from "../text/errors.ts";

/**
 * Whether a handshake was made, and only its certificate found fault with: `CERT_HAS_EXPIRED`, or
 * `ERR_TLS_CERT_ALTNAME_INVALID`. A handshake that failed has a code of the system's, such as `EPROTO`.
 */
export function isAboutCertificate(error: unknown): boolean {
  const code = codeOf(error) ?? "";
  return code.includes("_") && !code.startsWith("ERR_SSL");
}

const IN_WORDS: Readonly<Record<string, string>> = {
  WRONG_VERSION_NUMBER: "the server answered in the clear",
  HTTP_REQUEST: "the server answered in the clear",
  UNSUPPORTED_PROTOCOL: "the server knows no TLS 1.2 or later",
  TLSV1_ALERT_PROTOCOL_VERSION: "the server knows no TLS 1.2 or later",
  SSLV3_ALERT_HANDSHAKE_FAILURE: "the server refused the handshake",
  TLSV1_ALERT_UNRECOGNIZED_NAME: "the server has no certificate for this name",
  TLSV1_UNRECOGNIZED_NAME: "the server has no certificate for this name",
  TLSV1_ALERT_CERTIFICATE_REQUIRED: "the server wants a certificate of the client",
  TLSV1_ALERT_INTERNAL_ERROR: "the server failed in the handshake",
};

/** Why a handshake failed, in words of our own: by OpenSSL's reason, the last of `error:1000042e:SSL routines:…:REASON`. */
export function explainHandshake(error: unknown): string {
  const code = codeOf(error);
  if (code === "ECONNRESET" || code === "EPIPE") return "the connection was closed in the handshake";
  const message = error instanceof Error ? error.message : "";
  const [, reason] = /\b([A-Z][A-Z\d]*(?:_[A-Z\d]+)+)\b[^A-Z]*$/.exec(message) ?? [];
  if (reason === undefined) return code ?? "the handshake failed";
  return IN_WORDS[reason] ?? reason.toLowerCase().replaceAll("_", " ");
}
