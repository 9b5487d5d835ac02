import { describe, expect, test } from "bun:test";
import { certificateLeft, parseCertLeft } from "../../src/report/cert-left.ts";
import { UsageError } from "../../src/text/errors.ts";
import { greeted, target } from "./samples.ts";

const DAY_MS = 86_400_000;

describe("parseCertLeft()", () => {
  test.each([
    ["14", { isShare: false, warning: 14 }],
    ["14,7", { isShare: false, warning: 14, critical: 7 }],
    ["1.5,0", { isShare: false, warning: 1.5, critical: 0 }],
    ["33%,15%", { isShare: true, warning: 0.33, critical: 0.15 }],
    ["100%", { isShare: true, warning: 1 }],
  ])("reads %s", (text, read) => {
    expect(parseCertLeft(text)).toEqual(read);
  });

  test.each(["", "x", "7,14", "14,7%", "33%,15", "101%", "-1", "14,", "14,7,1", "15%,33%"])(
    "rejects %j",
    (text) => {
      expect(() => parseCertLeft(text)).toThrow(UsageError);
    },
  );
});

describe("certificateLeft()", () => {
  const certificate = {
    subject: "CN=mx.test",
    issuer: "CN=ca",
    names: ["mx.test"],
    notBeforeMs: 0,
    notAfterMs: 100 * DAY_MS,
    keyType: "ec",
    keyBits: 256,
    fingerprint: "",
    publicKeyFingerprint: "",
    isSelfSigned: false,
  };
  const tls = { protocol: "TLSv1.3", cipher: "", chain: [certificate], faults: [] };
  const dialogue = {
    stagesMs: {},
    hello: null,
    offer: null,
    tls,
    tlsFailure: null,
    isSecretUsed: false,
  } as const;
  const server = { ...greeted(target("mx.test")), dialogue };

  test("tells the days, and limits in days, of a share too", () => {
    expect(certificateLeft(server, parseCertLeft("33%,15%"), 90 * DAY_MS)).toEqual({
      days: 10,
      warningDays: 33,
      criticalDays: 15,
    });
    expect(certificateLeft(server, parseCertLeft("14"), 101 * DAY_MS)).toEqual({
      days: -1,
      warningDays: 14,
      criticalDays: undefined,
    });
  });

  test("has nothing to tell where no certificate was seen, or one without an end", () => {
    const endless = { ...tls, chain: [{ ...certificate, notAfterMs: Number.NaN }] };
    expect(certificateLeft(greeted(target("mx.test")), undefined, 0)).toBeUndefined();
    expect(
      certificateLeft({ ...server, dialogue: { ...dialogue, tls: endless } }, undefined, 0),
    ).toBeUndefined();
  });
});
