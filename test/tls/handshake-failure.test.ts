import { describe, expect, test } from "bun:test";
import { explainHandshake, isAboutCertificate } from "../../src/tls/handshake-failure.ts";

function failure(code: string | undefined, message = ""): Error {
  return code === undefined ? new Error(message) : Object.assign(new Error(message), { code });
}

function ssl(reason: string): Error {
  return failure("EPROTO", `error:1000042e:SSL routines:OPENSSL_internal:${reason}`);
}

describe("isAboutCertificate()", () => {
  test.each([
    "CERT_HAS_EXPIRED",
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "ERR_TLS_CERT_ALTNAME_INVALID",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  ])("is true of %s", (code) => {
    expect(isAboutCertificate(failure(code))).toBe(true);
  });

  test.each(["EPROTO", "ECONNRESET", "ERR_SSL_WRONG_VERSION_NUMBER", undefined])("is false of %p", (code) => {
    expect(isAboutCertificate(failure(code))).toBe(false);
  });

  test("is false of what is no error", () => {
    expect([null, undefined, "CERT_HAS_EXPIRED"].map(isAboutCertificate)).toEqual([false, false, false]);
  });
});

describe("explainHandshake()", () => {
  test.each([
    ["WRONG_VERSION_NUMBER", "the server answered in the clear"],
    ["HTTP_REQUEST", "the server answered in the clear"],
    ["UNSUPPORTED_PROTOCOL", "the server knows no TLS 1.2 or later"],
    ["TLSV1_ALERT_PROTOCOL_VERSION", "the server knows no TLS 1.2 or later"],
    ["SSLV3_ALERT_HANDSHAKE_FAILURE", "the server refused the handshake"],
    ["TLSV1_ALERT_UNRECOGNIZED_NAME", "the server has no certificate for this name"],
    ["TLSV1_ALERT_INTERNAL_ERROR", "the server failed in the handshake"],
    ["DECRYPTION_FAILED_OR_BAD_RECORD_MAC", "decryption failed or bad record mac"],
  ])("says of %s: %s", (reason, words) => {
    expect(explainHandshake(ssl(reason))).toBe(words);
  });

  test.each([
    ["ECONNRESET", "the connection was closed in the handshake"],
    ["EPIPE", "the connection was closed in the handshake"],
    ["ETIMEDOUT", "ETIMEDOUT"],
    [undefined, "the handshake failed"],
  ])("says of the code %p: %s", (code, words) => {
    expect(explainHandshake(failure(code))).toBe(words);
  });

  test("has words for what is no error", () => {
    expect(explainHandshake(null)).toBe("the handshake failed");
  });
});
