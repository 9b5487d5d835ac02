import { usualAuthorities } from "./trust.ts";

const PEM = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/**
 * These authorities (PEM) beside those that are trusted anyway, for Bun's `ca` replaces those; undefined when the text
 * holds no certificate, or one that cannot be read.
 */
export function withAuthorities(pem: string): readonly string[] | undefined {
  const { X509Certificate } = process.getBuiltinModule("node:crypto");
  const given = pem.match(PEM) ?? [];
  const areReadable = given.every((one) => {
    try {
      return new X509Certificate(one).raw.length > 0;
    } catch {
      return false;
    }
  });
  return given.length > 0 && areReadable ? [...usualAuthorities(), ...given] : undefined;
}
