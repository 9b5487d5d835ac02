import { describe, expect, test } from "bun:test";
import { X509Certificate } from "node:crypto";
import { identity, makeCertificate, withChain } from "../fake/certificates.ts";
import { shakeHands } from "../fake/handshake.ts";

async function subjectsOf(...args: Parameters<typeof shakeHands>) {
  return (await shakeHands(...args)).facts.chain.map(({ subject }) => subject);
}

describe("readHandshake() tells", () => {
  test("protocol and cipher of TLS 1.3", async () => {
    const { facts } = await shakeHands(identity("good"));
    expect(facts.protocol).toBe("TLSv1.3");
    expect(facts.cipher).toMatch(/^TLS_(?:AES_(?:128|256)_GCM|CHACHA20_POLY1305)_SHA(?:256|384)$/);
  });

  test.each([
    ["good", /^TLS_ECDHE_ECDSA_WITH_/],
    ["rsa", /^TLS_ECDHE_RSA_WITH_/],
  ] as const)("those of TLS 1.2, the cipher by its standard name, with %s", async (name, cipher) => {
    const { facts } = await shakeHands({ ...identity(name), maxVersion: 0x0303 } as never);
    expect(facts.protocol).toBe("TLSv1.2");
    expect(facts.cipher).toMatch(cipher);
  });

  test("the certificate also when it is not trusted", async () => {
    const { facts } = await shakeHands(identity("selfSigned"), { ca: [] });
    const { raw } = new X509Certificate(identity("selfSigned").cert);
    expect(facts.chain).toMatchObject([
      { subject: "CN=mx.test", names: ["mx.test"], fingerprint: new Bun.SHA256().update(raw).digest("hex") },
    ]);
  });

  test("that the server knows no TLS 1.2 (RFC 8996)", async () => {
    const old = { ...identity("rsa"), minVersion: 0x0301, maxVersion: 0x0301 } as never;
    await expect(shakeHands(old)).rejects.toThrow("the server knows no TLS 1.2 or later");
  });
});

describe("readHandshake() reads the chain as it was sent,", () => {
  test("without a root of our own store", async () => {
    expect(await subjectsOf(identity("good"))).toEqual(["CN=mx.test"]);
  });

  test("with the issuer's", async () => {
    const chain = withChain(identity("leaf"), identity("intermediate"));
    expect(await subjectsOf(chain)).toEqual(["CN=mx.test", "CN=Test Intermediate"]);
  });

  test("with what was sent in vain", async () => {
    const chain = withChain(identity("good"), identity("expiredIntermediate"));
    expect(await subjectsOf(chain)).toEqual(["CN=mx.test", "CN=Old Intermediate"]);
  });

  test("with one whose key the system cannot read, and trusts the leaf all the same", async () => {
    const strange = makeCertificate({ subject: "/CN=strange", keyType: "ed448" });
    const { facts } = await shakeHands(withChain(identity("good"), strange));
    expect(facts.chain.map(({ subject }) => subject)).toEqual(["CN=mx.test", "CN=strange"]);
    expect(facts.faults).toEqual([]);
  });

  test("with a self-signed one that has nothing to do with it", async () => {
    const chain = withChain(identity("good"), identity("expiredSelfSigned"));
    expect(await subjectsOf(chain)).toEqual(["CN=mx.test", "CN=mx.test"]);
  });

  test("with a root that is not of our own store", async () => {
    const chain = withChain(identity("privateLeaf"), identity("privateRoot"));
    expect(await subjectsOf(chain)).toEqual(["CN=mx.test", "CN=Private Root, O=Private"]);
  });

  test("to a limit", async () => {
    const chain = withChain(
      identity("good"),
      ...Array.from({ length: 20 }, () => identity("expiredIntermediate")),
    );
    expect((await subjectsOf(chain)).length).toBeLessThanOrEqual(10);
  });
});

describe("a client asks for the server by name (SNI)", () => {
  test("where it has one", async () => {
    expect((await shakeHands(identity("good"))).serverName).toBe("mx.test");
  });

  test("but not by an address", async () => {
    expect((await shakeHands(identity("address"), { name: "127.0.0.1", serverName: "" })).serverName).toBe(
      "",
    );
  });
});
