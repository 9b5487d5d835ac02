import { expect, test } from "bun:test";
import { X509Certificate } from "node:crypto";
import { describeCertificate } from "../../src/tls/certificate.ts";
import { validity } from "../../src/tls/facts.ts";
import { identity } from "../fake/certificates.ts";

const DAY_MS = 86_400_000;
const certificate = {
  ...describeCertificate(new X509Certificate(identity("good").cert)),
  notBeforeMs: 0,
  notAfterMs: 90 * DAY_MS,
};

test.each([
  [0, 90, 1],
  [60, 30, 1 / 3],
  [90, 0, 0],
  [99, -9, -0.1],
])("validity() after %d days leaves %d, a share of %d", (days, daysLeft, shareLeft) => {
  expect(validity(certificate, days * DAY_MS)).toEqual({ daysLeft, shareLeft });
});

test("validity() of no time at all is no division by zero", () => {
  const { shareLeft } = validity({ ...certificate, notAfterMs: 0 }, DAY_MS);
  expect(Number.isFinite(shareLeft)).toBe(true);
});
