import { describe, expect, test } from "bun:test";
import { X509Certificate } from "node:crypto";
import { describeCertificate } from "../../src/tls/certificate.ts";
import { judge } from "../../src/tls/judge.ts";
import { type Identity, identity, makeCertificate, withChain } from "../fake/certificates.ts";
import { shakeHands, type Wanted } from "../fake/handshake.ts";

async function faultsOf(tls: Identity, wanted: Wanted = {}) {
  return (await shakeHands(tls, wanted)).facts.faults;
}

async function kindsOf(tls: Identity, wanted: Wanted = {}) {
  return (await faultsOf(tls, wanted)).map(({ kind }) => kind);
}

describe("judge() finds no fault, in a real handshake, with", () => {
  test.each<[string, () => Identity, Wanted]>([
    ["a certificate of an authority that is trusted", () => identity("good"), {}],
    ["one by RSA", () => identity("rsa"), {}],
    ["one by Ed25519", () => identity("ed25519"), {}],
    ["one sent with its issuer's", () => withChain(identity("leaf"), identity("intermediate")), {}],
    [
      "one sent with its issuer's and the root's",
      () => withChain(identity("leaf"), identity("intermediate"), identity("root")),
      {},
    ],
    [
      "one sent with an old one in vain",
      () => withChain(identity("good"), identity("expiredIntermediate")),
      {},
    ],
    ["a name in capitals", () => identity("good"), { name: "MX.TEST" }],
    ["a wildcard for the first label", () => identity("wildcard"), { name: "mx.wild.test" }],
    ["an address in iPAddress", () => identity("address"), { name: "127.0.0.1", serverName: "" }],
    ["an IPv6 address in iPAddress", () => identity("address"), { name: "::1", serverName: "" }],
    [
      "a self-signed one that is trusted itself",
      () => identity("selfSigned"),
      { ca: [identity("selfSigned").cert] },
    ],
  ])("%s", async (_, certificate, wanted) => {
    expect(await faultsOf(certificate(), wanted)).toEqual([]);
  });
});

describe("judge() names the fault, in a real handshake, of", () => {
  test.each<[string, () => Identity, string, string]>([
    [
      "a certificate that has expired",
      () => identity("expired"),
      "certificate-expired",
      "expired 3 days ago",
    ],
    ["one to come", () => identity("notYetValid"), "certificate-not-yet-valid", "valid only in 2 days"],
    ["a self-signed one", () => identity("selfSigned"), "certificate-untrusted", "self-signed"],
    ["another name", () => identity("otherName"), "certificate-name", "for other.test, not for mx.test"],
    [
      "a common name alone (RFC 9525 §6.3)",
      () => identity("commonNameAlone"),
      "certificate-name",
      "for no name, but for its subject CN=mx.test, not for mx.test",
    ],
    [
      "a wildcard for another domain",
      () => identity("wildcard"),
      "certificate-name",
      "for *.wild.test, not for mx.test",
    ],
    [
      "a private authority that is sent along",
      () => withChain(identity("privateLeaf"), identity("privateRoot")),
      "certificate-untrusted",
      "no authority known here: CN=Private Root, O=Private",
    ],
    [
      "one sent without its issuer's",
      () => identity("leaf"),
      "certificate-incomplete",
      "sent without that of its issuer, CN=Test Intermediate",
    ],
    [
      "an issuer's that has expired",
      () => withChain(identity("leafOfExpired"), identity("expiredIntermediate")),
      "certificate-expired",
      "expired 5 days ago: that of its issuer CN=Old Intermediate",
    ],
  ])("%s", async (_, certificate, kind, cause) => {
    expect(await faultsOf(certificate())).toEqual([{ kind, cause } as never]);
  });

  test.each([["wild.test"], ["a.b.wild.test"]])("a wildcard that is not for %s", async (name) => {
    expect(await kindsOf(identity("wildcard"), { name })).toEqual(["certificate-name"]);
  });

  test.each<[string, () => Identity]>([
    ["other addresses alone", () => makeAddress("IP:127.0.0.2")],
    ["the address as dNSName", () => identity("addressAsName")],
    ["a name alone", () => identity("good")],
  ])("an address that has %s", async (_, certificate) => {
    expect(await kindsOf(certificate(), { name: "127.0.0.1", serverName: "" })).toEqual(["certificate-name"]);
  });

  test("a name of which the certificate has the address only", async () => {
    expect(await kindsOf(identity("address"))).toEqual(["certificate-name"]);
  });

  test("a chain by a name that the authority may not vouch for (RFC 5280 §4.2.1.10)", async () => {
    const root = makeCertificate({
      subject: "/CN=Constrained Root",
      isAuthority: true,
      extensions: "nameConstraints = critical, permitted;DNS:example.org",
    });
    const leaf = makeCertificate({ subject: "/CN=mx.test", names: ["DNS:mx.test"], issuer: root });
    expect(await kindsOf(leaf, { ca: [root.cert] })).toEqual(["certificate-untrusted"]);
  });

  test("a certificate signed by one that is no authority", async () => {
    const leaf = makeCertificate({
      subject: "/CN=mx.test",
      names: ["DNS:mx.test"],
      issuer: identity("otherName"),
    });
    const [first] = await kindsOf(withChain(leaf, identity("otherName")));
    expect(first).toBe("certificate-untrusted");
  });

  test("a certificate that is not for servers", async () => {
    const leaf = makeCertificate({
      subject: "/CN=mx.test",
      names: ["DNS:mx.test"],
      issuer: identity("root"),
      extensions: "extendedKeyUsage = clientAuth",
    });
    expect(await kindsOf(leaf)).toEqual(["certificate-untrusted"]);
  });
});

function makeAddress(name: string): Identity {
  return makeCertificate({ subject: "/CN=address", names: [name], issuer: identity("root") });
}

describe("judge() lists all faults, trust in front, then time, then name:", () => {
  test.each<[string, () => Identity, readonly string[]]>([
    ["time and name", () => identity("expiredOtherName"), ["certificate-expired", "certificate-name"]],
    [
      "an issuer's that is missing, and name",
      () => identity("privateOtherName"),
      ["certificate-incomplete", "certificate-name"],
    ],
    [
      "trust and name",
      () => withChain(identity("privateOtherName"), identity("privateRoot")),
      ["certificate-untrusted", "certificate-name"],
    ],
    [
      "self-signed, and time",
      () => identity("expiredSelfSigned"),
      ["certificate-untrusted", "certificate-expired"],
    ],
    [
      "an issuer's that is missing, and time",
      () => identity("expiredLeaf"),
      ["certificate-incomplete", "certificate-expired"],
    ],
    [
      "a private authority that is sent along, and time",
      () =>
        withChain(
          makeCertificate({
            subject: "/CN=mx.test",
            names: ["DNS:mx.test"],
            issuer: identity("privateRoot"),
            fromDays: -9,
            toDays: -2,
          }),
          identity("privateRoot"),
        ),
      ["certificate-untrusted", "certificate-expired"],
    ],
    [
      "self-signed, to come, and another name",
      () => makeCertificate({ subject: "/CN=o.test", names: ["DNS:o.test"], fromDays: 2, toDays: 9 }),
      ["certificate-untrusted", "certificate-not-yet-valid", "certificate-name"],
    ],
  ])("%s", async (_, certificate, kinds) => {
    expect(await kindsOf(certificate())).toEqual(kinds as never);
  });

  test("trust where the certificate is for an address that is right", async () => {
    const own = makeCertificate({ subject: "/CN=address", names: ["IP:127.0.0.1"] });
    expect(await kindsOf(own, { name: "127.0.0.1", serverName: "" })).toEqual(["certificate-untrusted"]);
  });
});

describe("judge() says of a certificate read before", () => {
  const leaf = new X509Certificate(identity("good").cert);
  const chain = [describeCertificate(leaf)];
  const { notBeforeMs = 0, notAfterMs = 0 } = chain[0] ?? {};
  const at = (nowMs: number, code?: string) =>
    judge({ chain, leaf, code, isTrusted: () => true, name: "mx.test", nowMs });

  test("nothing to the millisecond of its end, and of its beginning", () => {
    expect([at(notAfterMs), at(notBeforeMs)]).toEqual([[], []]);
    expect(at(notAfterMs + 1)).toEqual([{ kind: "certificate-expired", cause: "expired 1 h ago" }]);
    expect(at(notBeforeMs - 1)).toEqual([{ kind: "certificate-not-yet-valid", cause: "valid only in 1 h" }]);
  });

  test.each([
    [3_600_000 * 23, "expired 23 h ago"],
    [86_400_000, "expired 1 day ago"],
    [86_400_000 * 400, "expired 400 days ago"],
  ])("how long ago, after %d ms", (ms, cause) => {
    expect(at(notAfterMs + ms)).toEqual([{ kind: "certificate-expired", cause }]);
  });

  test("what the system says that is known here under no name of its own", () => {
    expect(at(notAfterMs, "CERT_REVOKED")).toEqual([
      { kind: "certificate-untrusted", cause: "cert revoked" },
    ]);
  });

  test("that there is none", () => {
    expect(
      judge({
        chain: [],
        leaf: undefined,
        code: undefined,
        isTrusted: () => true,
        name: "mx.test",
        nowMs: 0,
      }),
    ).toEqual([{ kind: "certificate-untrusted", cause: "no certificate" }]);
  });

  test("that an issuer's is out of date where none of those that were sent is", () => {
    expect(at(notAfterMs, "CERT_HAS_EXPIRED")).toEqual([
      { kind: "certificate-expired", cause: "out of date: that of its issuer" },
    ]);
  });
});

test("judge() names a few of very many names, and no more of one than a line holds", () => {
  const names = Array.from({ length: 5_000 }, (_, at) => `mx${at}.example.test`);
  const leaf = new X509Certificate(identity("good").cert);
  const chain = [{ ...describeCertificate(leaf), names, issuer: `CN=${"x".repeat(30_000)}` }];
  const [trust, name] = judge({
    chain,
    leaf,
    code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    isTrusted: () => false,
    name: "other.test",
    nowMs: Date.now(),
  });
  expect(name?.cause).toBe(
    "for mx0.example.test, mx1.example.test, mx2.example.test, mx3.example.test, mx4.example.test and 4995 more, not for other.test",
  );
  expect(trust?.cause.length).toBeLessThan(300);
});
