import { describe, expect, test } from "bun:test";
import { createHash, X509Certificate } from "node:crypto";
import { describeCertificate } from "../../src/tls/certificate.ts";
import { type Identity, identity, makeCertificate } from "../fake/certificates.ts";

function read({ cert }: Identity) {
  return describeCertificate(new X509Certificate(cert));
}

/** What the `openssl` command makes of it. */
function openssl(args: readonly string[], stdin: string | Uint8Array): Buffer {
  const { stdout, exitCode } = Bun.spawnSync(["openssl", ...args], { stdin: Buffer.from(stdin) });
  expect(exitCode).toBe(0);
  return stdout;
}

describe("describeCertificate() agrees with openssl about", () => {
  test.each(["good", "rsa", "ed25519", "selfSigned"] as const)("both fingerprints of %s", (name) => {
    const { cert } = identity(name);
    const der = openssl(["x509", "-outform", "DER"], cert);
    const key = openssl(["pkey", "-pubin", "-outform", "DER"], openssl(["x509", "-noout", "-pubkey"], cert));
    const sha256 = (octets: Buffer) => createHash("sha256").update(octets).digest("hex");
    expect(read({ cert, key: "" })).toMatchObject({
      fingerprint: sha256(der),
      publicKeyFingerprint: sha256(key),
    });
  });

  test("the time", () => {
    const dates = openssl(["x509", "-noout", "-dates"], identity("good").cert).toString();
    const [, from = "", to = ""] = /^notBefore=(.*)\nnotAfter=(.*)$/m.exec(dates) ?? [];
    const { notBeforeMs, notAfterMs } = read(identity("good"));
    expect([notBeforeMs, notAfterMs]).toEqual([Date.parse(from), Date.parse(to)]);
  });
});

describe("describeCertificate() tells", () => {
  test.each([
    ["good", "ec", 256],
    ["rsa", "rsa", 2_048],
    ["ed25519", "ed25519", 256],
  ] as const)("the key of %s: %s of %d bits", (name, keyType, keyBits) => {
    expect(read(identity(name))).toMatchObject({ keyType, keyBits });
  });

  test("subject and issuer, one attribute after the other", () => {
    const { subject, issuer } = read(identity("privateLeaf"));
    expect([subject, issuer]).toEqual(["CN=mx.test", "CN=Private Root, O=Private"]);
  });

  test("all names, addresses in their one spelling", () => {
    const names = ["DNS:mx.test", "DNS:*.wild.test", "IP:192.0.2.1", "IP:2001:db8::1"];
    expect(read(makeCertificate({ subject: "/CN=x", names })).names).toEqual([
      "mx.test",
      "*.wild.test",
      "192.0.2.1",
      "2001:db8::1",
    ]);
  });

  test("no names but those of hosts", () => {
    const names = ["email:a@mx.test", "URI:https://mx.test/", "DNS:mx.test"];
    expect(read(makeCertificate({ subject: "/CN=x", names })).names).toEqual(["mx.test"]);
  });

  test("one name where it holds what looks like two", () => {
    const config = "subjectAltName = @these\n[these]\nDNS.1 = a.test\\, DNS:b.test\nDNS.2 = c.test";
    const { names } = read(makeCertificate({ subject: "/CN=x", extensions: config }));
    expect(names).toEqual(["a.test, DNS:b.test", "c.test"]);
  });

  test("that there is no name", () => {
    expect(read(identity("commonNameAlone")).names).toEqual([]);
  });

  test("whether it is self-signed", () => {
    const isSelfSigned = (["selfSigned", "root", "good", "privateLeaf"] as const).map(
      (name) => read(identity(name)).isSelfSigned,
    );
    expect(isSelfSigned).toEqual([true, true, false, false]);
  });

  test("that one of the same subject as its issuer is not, when another key signed it", () => {
    const other = makeCertificate({ subject: "/CN=Test Root", issuer: identity("root") });
    expect(read(other)).toMatchObject({
      subject: "CN=Test Root",
      issuer: "CN=Test Root",
      isSelfSigned: false,
    });
  });
});

test.each(["ed448", "secp256k1"] as const)(
  "describeCertificate() leaves a key open that the system cannot read: %s",
  (keyType) => {
    const strange = makeCertificate({ subject: "/CN=strange", names: ["DNS:mx.test"], keyType });
    expect(describeCertificate(new X509Certificate(strange.cert))).toMatchObject({
      subject: "CN=strange",
      names: ["mx.test"],
      keyType: "unknown",
      keyBits: null,
      publicKeyFingerprint: null,
      isSelfSigned: false,
    });
  },
);
