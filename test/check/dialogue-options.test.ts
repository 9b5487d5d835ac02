import { describe, expect, test } from "bun:test";
import { readDialogueOptions } from "../../src/check/dialogue-options.ts";
import type { CheckOptions } from "../../src/check/options.ts";
import { QUIT_STAGES, type QuitStage } from "../../src/smtp/attempt.ts";
import type { TlsLevel } from "../../src/smtp/terms.ts";
import { UsageError } from "../../src/text/errors.ts";
import { identity } from "../fake/certificates.ts";

const AUTH = { user: "user", secret: "pencil" };

function read(options: CheckOptions, ...hosts: readonly string[]) {
  const those = hosts.length === 0 ? ["mx.test"] : hosts;
  const targets = those.map((host) => ({ server: host, host, port: 25, preference: null }));
  return readDialogueOptions(options, targets);
}

/** The refusal's words. */
function refusal(options: CheckOptions, ...hosts: readonly string[]): string {
  try {
    read(options, ...hosts);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return "";
}

describe("the level of TLS is by default", () => {
  test.each<[QuitStage, TlsLevel]>([
    ["greeting", "none"],
    ["ehlo", "none"],
    ["starttls", "encrypt"],
    ["mail", "may"],
    ["rcpt", "may"],
  ])("for %s: %s", (quitAfter, level) => {
    expect(read({ quitAfter }).level).toBe(level);
  });

  test.each(["auth", "mail", "rcpt"] as const)("verify for %s with a login", (quitAfter) => {
    expect(read({ quitAfter, auth: AUTH }).level).toBe("verify");
    expect(read({ quitAfter, auth: AUTH, tls: { implicit: true } }).level).toBe("verify");
    expect(read({ quitAfter, auth: AUTH }, "127.0.0.1").level).toBe("verify");
  });

  test.each(QUIT_STAGES.filter((stage) => stage !== "auth"))(
    "encrypt at least for %s with --smtps",
    (quitAfter) => {
      expect(read({ quitAfter, tls: { implicit: true } }).level).toBe("encrypt");
    },
  );
});

describe("a level that is given counts, but for", () => {
  test.each<[TlsLevel, TlsLevel]>([
    ["none", "encrypt"],
    ["may", "encrypt"],
    ["encrypt", "encrypt"],
    ["verify", "verify"],
  ])("%s, which is %s with --smtps", (level, is) => {
    expect(read({ quitAfter: "rcpt", tls: { level } }).level).toBe(level);
    expect(read({ quitAfter: "rcpt", tls: { level, implicit: true } }).level).toBe(is);
  });

  test.each(["none", "may", "encrypt"] as const)(
    "%s with a login at a server that is not this machine",
    (level) => {
      const options: CheckOptions = { quitAfter: "auth", auth: AUTH, tls: { level } };
      for (const host of [
        "mx.test",
        "192.0.2.1",
        "::2",
        "128.0.0.1",
        "127.evil.example.org",
        "localhost.evil.test",
      ])
        expect([host, refusal(options, host)]).toEqual([host, expect.stringContaining("Cannot use --tls")]);
      expect(refusal(options, "127.0.0.1", "mx.test")).not.toBe("");
      expect(refusal({ ...options, tls: { level, implicit: true } }, "mx.test")).not.toBe("");
    },
  );

  test.each(["127.0.0.1", "127.9.9.9", "::1", "localhost", "unix:/lmtp"])(
    "none of them with a login at %s",
    (host) => {
      expect(read({ quitAfter: "auth", auth: AUTH, tls: { level: "none" } }, host).level).toBe("none");
    },
  );
});

describe("a usage error is", () => {
  test.each<[string, CheckOptions]>([
    ["auth without a login", { quitAfter: "auth" }],
    ["a login without a stage for it", { quitAfter: "starttls", auth: AUTH }],
    ["an extension without EHLO", { expect: ["SIZE"] }],
    ["a name for EHLO without it", { helo: "me.test" }],
    ["a level without a stage for it", { quitAfter: "ehlo", tls: { level: "encrypt" } }],
    ["a name for TLS without it", { quitAfter: "ehlo", tls: { name: "mx.test" } }],
    ["authorities without TLS", { quitAfter: "greeting", tls: { authorities: "x" } }],
    ["no TLS for starttls", { quitAfter: "starttls", tls: { level: "none" } }],
    ["a sender without MAIL", { quitAfter: "auth", auth: AUTH, from: "a@b.test" }],
    ["a recipient without RCPT", { quitAfter: "mail", to: "a@b.test" }],
    ["another level", { quitAfter: "starttls", tls: { level: "dane" as never } }],
    ["another stage", { quitAfter: "data" as never }],
    ["another mechanism", { quitAfter: "auth", auth: { ...AUTH, mechanism: "GSSAPI" as never } }],
    ["a login for every address", { quitAfter: "auth", auth: AUTH, everyAddress: true }],
    ["a name that is none", { quitAfter: "starttls", tls: { name: "a b" } }],
    ["authorities that are none", { quitAfter: "starttls", tls: { authorities: "none" } }],
  ])("%s", (_, options) => {
    expect(refusal(options)).not.toBe("");
  });

  test("verify for a unix socket that has no name", () => {
    const options: CheckOptions = { quitAfter: "starttls", lmtp: true, tls: { level: "verify" } };
    expect(refusal(options, "unix:/lmtp")).toContain("--tls-name");
    expect(refusal({ ...options, tls: { level: "verify", name: "mx.test" } }, "unix:/lmtp")).toBe("");
  });

  test.each([
    "me test",
    "me\r\nDATA",
    "",
    "-me.test",
    "me..test",
    "[a]b",
    "[\r\n]",
    "é.test",
    "a.".repeat(200),
    "me_1",
  ])("the name for EHLO %j", (helo) => {
    expect(refusal({ quitAfter: "ehlo", helo })).not.toBe("");
  });

  test.each(["SI ZE", "", "SIZE\r\n", "=x", "AUTH=", "é"])("the extension %j", (extension) => {
    expect(refusal({ quitAfter: "ehlo", expect: [extension] })).not.toBe("");
  });

  test.each(["a", "a@b.test\r\nDATA", "<a@b.test", "a@b.test> SIZE=1", "<<a@b.test>>", "a@b.test,c@d.test"])(
    "the mailbox %j",
    (mailbox) => {
      expect(refusal({ quitAfter: "rcpt", from: mailbox })).not.toBe("");
      expect(refusal({ quitAfter: "rcpt", to: mailbox })).not.toBe("");
    },
  );

  test("no recipient", () => {
    for (const to of ["", "<>"]) expect(refusal({ quitAfter: "rcpt", to })).not.toBe("");
  });

  test.each(["", "a\0b", "x".repeat(4_097)])(
    "a secret that cannot be used, which it does not repeat",
    (secret) => {
      const words = refusal({ quitAfter: "auth", auth: { ...AUTH, secret } });
      expect(words).not.toBe("");
      if (secret !== "") expect(words).not.toContain(secret);
    },
  );

  test.each(["", "a\r\nb", "a\0b", "a\x01b"])("the user %j", (user) => {
    expect(refusal({ quitAfter: "auth", auth: { ...AUTH, user } })).not.toBe("");
  });
});

describe("readDialogueOptions() reads", () => {
  test("nothing given as the greeting, in the clear, from nobody", () => {
    expect(read({})).toEqual({
      quitAfter: "greeting",
      helo: null,
      isLmtp: false,
      isProxied: false,
      level: "none",
      isImplicit: false,
      tlsName: undefined,
      authorities: undefined,
      ca: undefined,
      auth: null,
      from: "",
      to: undefined,
      expect: [],
    });
  });

  test.each(["me.test", "ME", "[192.0.2.1]", "[IPv6:2001:db8::1]", "xn--mller-kva.test"])(
    "the name %s",
    (helo) => {
      expect(read({ quitAfter: "ehlo", helo }).helo).toBe(helo);
    },
  );

  test.each([
    ["<>", ""],
    ["", ""],
    ["<a@B.test>", "a@b.test"],
    ["a@b.test", "a@b.test"],
  ])("the sender %j as %j", (from, is) => {
    expect(read({ quitAfter: "mail", from }).from).toBe(is);
  });

  test.each([
    ["postmaster", "postmaster"],
    ["<Postmaster>", "Postmaster"],
    ["<a@b.test>", "a@b.test"],
  ])("the recipient %j as %j", (to, is) => {
    expect(read({ quitAfter: "rcpt", to }).to).toBe(is);
  });

  test("extensions in capitals", () => {
    expect(read({ quitAfter: "ehlo", expect: ["size", "auth=plain"] }).expect).toEqual([
      "SIZE",
      "AUTH=PLAIN",
    ]);
  });

  test("authorities beside those of the system", () => {
    const { ca } = read({ quitAfter: "starttls", tls: { authorities: identity("root").cert } });
    expect(ca?.at(-1)).toContain(identity("root").cert.trim());
    expect(ca?.length).toBeGreaterThan(1);
  });

  test("names for TLS, addresses too", () => {
    for (const name of ["mx.test", "192.0.2.1", "2001:db8::1"])
      expect(read({ quitAfter: "starttls", tls: { name } }).tlsName).toBe(name);
  });
});
