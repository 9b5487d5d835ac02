import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fakeNameServer } from "../fake/name-server.ts";
import { type Asked, ask, type Row, watched } from "./asked.ts";
import { type Certificates, type Identity, lackingOpenssl, makeCertificates } from "./certificates.ts";
import { DOVECOT, startDovecot } from "./dovecot.ts";
import { startExim } from "./exim.ts";
import { greetedClient } from "./greeted-client.ts";
import { startOpenSmtpd } from "./open-smtpd.ts";
import { startPostfix } from "./postfix.ts";
import { lackingServer, type PrivateServer } from "./private-server.ts";
import { describeNeeding } from "./requirement.ts";

setDefaultTimeout(30_000);

const USER = "user@mx.test";
const POSTMASTER = "postmaster@mx.test";
const UNKNOWN = "nobody@mx.test";
const PASSWORD = "pass-Wort-4711";
const WRONG_PASSWORD = "wrong-Wort-0815";
const MECHANISMS = ["SCRAM-SHA-256", "CRAM-MD5", "PLAIN", "LOGIN"] as const;
const QUEUES = ["incoming", "active", "deferred", "maildrop"] as const;
/** What no server should have to say of a client. */
const COMPLAINT =
  /PREGREET|HANGUP|PIPELINING|BARE NEWLINE|NON-SMTP|lost connection|improper command pipelining|synchronization error|unexpected disconnection|bad-input|warning:|fatal:|panic:/;

const lackingAny = (...servers: readonly string[]) =>
  lackingOpenssl() ?? servers.map(lackingServer).find((lacking) => lacking !== undefined);

let certificates: Certificates;
let folder: string;

beforeAll(async () => {
  if (lackingOpenssl() !== undefined) return;
  certificates = await makeCertificates();
  folder = await mkdtemp(join(tmpdir(), "smtpdcheck-secrets-"));
  await Bun.write(passwordFile(PASSWORD), `${PASSWORD}\r\nsecond line\n`);
  await Bun.write(passwordFile(WRONG_PASSWORD), WRONG_PASSWORD);
});

afterAll(async () => {
  if (lackingOpenssl() !== undefined) return;
  await certificates[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

describeNeeding("The dialogue with Postfix", lackingAny("postfix"), () => {
  test("ends after ehlo, and has not asked for TLS", async () => {
    await using server = await startPostfix("smtpd", tlsLines(certificates.good));
    const asked = await ask(["--quit-after", "ehlo", "--expect", "SIZE", "--expect", "STARTTLS", at(server)]);
    expect(asked.status).toBe(0);
    expect(asked.row).toMatchObject({ reason: "reached", stage: "ehlo", hello: "EHLO", tls: null });
    expect(keywords(asked.row)).toContain("ENHANCEDSTATUSCODES");
    expect(asked.verbs).toEqual(["EHLO", "QUIT"]);
    await expectGoodbye(server, "ehlo=1 quit=1 commands=2");
  });

  test("fails for an extension that is not offered", async () => {
    await using server = await startPostfix("smtpd", tlsLines(certificates.good));
    const asked = await ask(["--quit-after", "ehlo", "--expect", "REQUIRETLS", at(server)]);
    expect(asked.status).toBe(1);
    expect(asked.row).toMatchObject({ status: "unavailable", reason: "extension-missing", stage: "ehlo" });
    await expectGoodbye(server, "ehlo=1 quit=1 commands=2");
  });

  test("counts the second EHLO, which offers no STARTTLS", async () => {
    await using server = await startPostfix("smtpd", tlsLines(certificates.good));
    const asked = await ask(["--quit-after", "starttls", "--expect", "STARTTLS", at(server)]);
    expect(asked.row).toMatchObject({ reason: "extension-missing", stage: "starttls" });
    await expectGoodbye(server, "ehlo=2 starttls=1 quit=1 commands=4");
  });

  test("says why there is no TLS where none is offered", async () => {
    await using server = await startPostfix("smtpd");
    const asked = await ask(["--quit-after", "starttls", at(server)]);
    expect(asked.status).toBe(1);
    expect(asked.row).toMatchObject({ reason: "starttls-missing", stage: "starttls", tls: null });
    await expectGoodbye(server, "ehlo=1 quit=1 commands=2");
  });

  test("reaches starttls with a certificate that nobody asked about, and judges it all the same", async () => {
    await using server = await startPostfix("smtpd", tlsLines(certificates.good));
    const asked = await ask(["--quit-after", "starttls", at(server)]);
    expect(asked.status).toBe(0);
    expect(asked.row).toMatchObject({ reason: "reached", stage: "starttls" });
    expect(asked.row.tls?.certificate).toMatchObject({ names: ["mx.test", "127.0.0.1"], keyType: "ec" });
    expect(faults(asked.row)).toEqual(["certificate-untrusted"]);
    await expectGoodbye(server, "ehlo=2 starttls=1 quit=1 commands=4");
  });

  test.each([
    ["good for its address", "good", ["--ca"], undefined, []],
    ["good for --tls-name", "good", ["--ca", "--tls-name", "mx.test"], undefined, []],
    ["good with an RSA key", "rsa", ["--ca"], undefined, []],
    [
      "for another name",
      "good",
      ["--ca", "--tls-name", "other.test"],
      "certificate-name",
      ["certificate-name"],
    ],
    ["of an authority unknown here", "good", [], "certificate-untrusted", ["certificate-untrusted"]],
    ["sent alone", "alone", [], "certificate-incomplete", ["certificate-incomplete"]],
    ["sent alone, of an authority that is known", "alone", ["--ca"], undefined, []],
    ["self-signed", "selfSigned", ["--ca"], "certificate-untrusted", ["certificate-untrusted"]],
    [
      "self-signed and for another name",
      "selfSigned",
      ["--tls-name", "other.test"],
      "certificate-untrusted",
      ["certificate-untrusted", "certificate-name"],
    ],
  ] as const)("verifies a certificate that is %s", async (_, identity, words, reason, pkix) => {
    await using server = await startPostfix("smtpd", tlsLines(certificates[identity]));
    const args = words.flatMap((word) => (word === "--ca" ? ["--tls-ca", certificates.authority] : [word]));
    const asked = await ask(["--quit-after", "starttls", "--tls", "verify", ...args, at(server)]);
    expect(asked.row).toMatchObject({ reason: reason ?? "reached", stage: "starttls" });
    expect(asked.status).toBe(reason === undefined ? 0 : 1);
    expect(faults(asked.row)).toEqual([...pkix]);
    const before = reason === undefined ? "ehlo=2 starttls=1" : "ehlo=1 starttls=1";
    await expectGoodbye(server, `${before} quit=1 commands=${reason === undefined ? 4 : 3}`);
  });

  test.each([
    ["none", "ehlo=1 mail=1 rcpt=1 rset=1 quit=1 commands=5"],
    ["may", "ehlo=2 starttls=1 mail=1 rcpt=1 rset=1 quit=1 commands=7"],
    ["encrypt", "ehlo=2 starttls=1 mail=1 rcpt=1 rset=1 quit=1 commands=7"],
  ])("reaches rcpt for postmaster with --tls %s, and leaves no message", async (level, goodbye) => {
    await using server = await startPostfix("smtpd", tlsLines(certificates.good));
    const asked = await ask(["--quit-after", "rcpt", "--tls", level, at(server)]);
    expect(asked.status).toBe(0);
    expect(asked.row).toMatchObject({ reason: "reached", stage: "rcpt", code: 250, enhancedCode: "2.1.5" });
    expect(asked.printed).toContain("RCPT TO:<postmaster@[127.0.0.1]>");
    const log = await expectGoodbye(server, goodbye);
    expect(log).not.toContain("message-id=");
    await expectNothingQueued(server);
  });

  test("is declined at rcpt for an unknown user, and says RSET and QUIT", async () => {
    await using server = await startPostfix("smtpd", tlsLines(certificates.good));
    const args = ["--quit-after", "rcpt", "--from", "sender@client.test", "--to", UNKNOWN, at(server)];
    const asked = await ask(args);
    expect(asked.status).toBe(1);
    expect(asked.row).toMatchObject({ reason: "declined", stage: "rcpt", code: 550, enhancedCode: "5.1.1" });
    expect(asked.verbs.slice(-4)).toEqual(["MAIL", "RCPT", "RSET", "QUIT"]);
    const log = await expectGoodbye(server, "ehlo=2 starttls=1 mail=1 rcpt=0/1 rset=1 quit=1 commands=6/7");
    expect(log).toContain(`from=<sender@client.test> to=<${UNKNOWN}>`);
    await expectNothingQueued(server);
  });

  test("ends after mail", async () => {
    await using server = await startPostfix("smtpd", tlsLines(certificates.good));
    const asked = await ask(["--quit-after", "mail", at(server)]);
    expect(asked.row).toMatchObject({ reason: "reached", stage: "mail", enhancedCode: "2.1.0" });
    await expectGoodbye(server, "ehlo=2 starttls=1 mail=1 rset=1 quit=1 commands=6");
  });

  test("is declined at mail for a sender that is not wanted, and begins no transaction", async () => {
    await using server = await startPostfix(
      "smtpd",
      "smtpd_delay_reject = no\nsmtpd_sender_restrictions = reject",
    );
    const args = ["--quit-after", "rcpt", "--from", "a@b.test", "--to", POSTMASTER, at(server)];
    const asked = await ask(args);
    expect(asked.row).toMatchObject({ reason: "declined", stage: "mail", code: 554 });
    await expectGoodbye(server, "ehlo=1 mail=0/1 quit=1 commands=2/3");
  });

  test("is deferred where a recipient is greylisted", async () => {
    const lines = "smtpd_recipient_restrictions = defer";
    await using server = await startPostfix("smtpd", lines);
    const asked = await ask(["--quit-after", "rcpt", "--to", POSTMASTER, at(server)]);
    expect(asked.status).toBe(1);
    expect(asked.row).toMatchObject({ reason: "deferred", stage: "rcpt", code: 450 });
    await expectGoodbye(server, "ehlo=1 mail=1 rcpt=0/1 rset=1 quit=1 commands=4/5");
  });

  test("is told that smtpd is busy where it is over its connection limit", async () => {
    await using server = await startPostfix("smtpd for one connection a client");
    using _only = await greetedClient(server.port);
    const asked = await ask(["--quit-after", "ehlo", at(server)]);
    expect(asked.status).toBe(1);
    expect(asked.row).toMatchObject({ reason: "busy", stage: "greeting", code: 421, enhancedCode: "4.7.0" });
  });

  test("goes on in the clear under may where TLS is too old, and fails under encrypt", async () => {
    const old = [
      "smtpd_tls_protocols = <=TLSv1.1",
      "smtpd_tls_ciphers = medium",
      "tls_medium_cipherlist = ALL:@SECLEVEL=0",
    ].join("\n");
    await using server = await startPostfix("smtpd", `${tlsLines(certificates.rsa)}\n${old}`);
    const may = await ask(["--quit-after", "rcpt", "--to", POSTMASTER, at(server)]);
    expect(may.row).toMatchObject({ reason: "reached", stage: "rcpt", tls: null });
    expect(may.row.tlsFailure).toBe("the server knows no TLS 1.2 or later");
    const encrypt = await ask(["--quit-after", "starttls", at(server)]);
    expect(encrypt.row).toMatchObject({ reason: "tls-failed", stage: "starttls" });
    expect(encrypt.row.cause).toBe("the server knows no TLS 1.2 or later");
  });

  test("speaks TLS 1.2 where that is the newest", async () => {
    const lines = `${tlsLines(certificates.good)}\nsmtpd_tls_protocols = <=TLSv1.2`;
    await using server = await startPostfix("smtpd", lines);
    const asked = await ask(["--quit-after", "starttls", at(server)]);
    expect(asked.row).toMatchObject({ reason: "reached", tls: { protocol: "TLSv1.2" } });
    await expectGoodbye(server, "ehlo=2 starttls=1 quit=1 commands=4");
  });

  test.each([
    ["ehlo", "ehlo=1 quit=1 commands=2"],
    ["starttls", "ehlo=1 quit=1 commands=2"],
    ["rcpt", "ehlo=1 mail=1 rcpt=1 rset=1 quit=1 commands=5"],
  ])("reaches %s under TLS from the first octet", async (stage, goodbye) => {
    await using server = await startPostfix("smtps", tlsLines(certificates.good));
    const to = stage === "rcpt" ? ["--to", POSTMASTER] : [];
    const args = ["--smtps", "--tls", "verify", "--tls-ca", certificates.authority, "--quit-after", stage];
    const asked = await ask([...args, ...to, at(server)]);
    expect(asked.status).toBe(0);
    expect(asked.row).toMatchObject({ reason: "reached", stage });
    expect(faults(asked.row)).toEqual([]);
    await expectGoodbye(server, goodbye);
    await expectNothingQueued(server);
  });

  test("leaves smtpd in order after the greeting under TLS, time and again", async () => {
    await using server = await startPostfix("smtps", tlsLines(certificates.good));
    for (let count = 1; count <= 5; count += 1) {
      const asked = await ask(["--smtps", "--quit-after", "greeting", at(server)]);
      expect(asked.row).toMatchObject({ status: "available", stage: "greeting", code: 220 });
      const log = await server.logged(new RegExp(`( disconnect from [\\s\\S]*){${count}}`));
      expect(log).not.toMatch(COMPLAINT);
    }
  });

  test("fails at TLS from the first octet where the server speaks in the clear", async () => {
    await using server = await startPostfix("smtpd", tlsLines(certificates.good));
    const asked = await ask(["--smtps", "--quit-after", "ehlo", at(server)]);
    expect(asked.row).toMatchObject({ reason: "tls-failed", stage: "starttls" });
    expect(asked.row.cause).toBe("the server answered in the clear");
  });

  test.each([
    ["ehlo", [], "ehlo=1 quit=1 commands=2"],
    ["starttls", [], "ehlo=2 starttls=1 quit=1 commands=4"],
    ["rcpt", ["--to", POSTMASTER], "ehlo=2 starttls=1 mail=1 rcpt=1 rset=1 quit=1 commands=7"],
  ])("waits for the whole greeting of postscreen before %s", async (stage, words, goodbye) => {
    await using server = await startPostfix("postscreen", tlsLines(certificates.good));
    const asked = await ask(["--quit-after", stage, ...words, at(server)]);
    expect(asked.row).toMatchObject({ reason: "reached", stage });
    expect(asked.printed).toContain("S: 220-mx.test ESMTP Postfix");
    const log = await expectGoodbye(server, goodbye);
    expect(log).toContain("PASS NEW [127.0.0.1]");
    await expectNothingQueued(server);
  });

  test("passes all tests of postscreen, which defers then", async () => {
    const deep = ["pipelining", "non_smtp_command", "bare_newline"].map(
      (name) => `postscreen_${name}_enable = yes`,
    );
    const lines = [tlsLines(certificates.good), ...deep].join("\n");
    await using server = await startPostfix("postscreen", lines);
    const asked = await ask(["--quit-after", "rcpt", "--to", POSTMASTER, at(server)]);
    expect(asked.row).toMatchObject({ reason: "deferred", stage: "rcpt", code: 450, enhancedCode: "4.3.2" });
    const log = await server.logged(/ DISCONNECT /);
    expect(log).toContain("PASS NEW [127.0.0.1]");
    expect(log).not.toMatch(COMPLAINT);
  });

  test.each([
    ["smtpd", [], "ehlo=2 starttls=1 mail=1 rcpt=1 rset=1 quit=1 commands=7"],
    ["smtps", ["--smtps"], "ehlo=1 mail=1 rcpt=1 rset=1 quit=1 commands=5"],
  ] as const)("says a PROXY line first to %s", async (service, words, goodbye) => {
    const lines = `${tlsLines(certificates.good)}\nsmtpd_upstream_proxy_protocol = haproxy`;
    await using server = await startPostfix(service, lines);
    const args = ["--proxy-protocol", "--quit-after", "rcpt", "--to", POSTMASTER, ...words, at(server)];
    expect((await ask(args)).row).toMatchObject({ reason: "reached", stage: "rcpt" });
    await expectGoodbye(server, goodbye);
  });

  test("makes a row of each address, and verifies the name", async () => {
    await using server = await startPostfix("smtpd", tlsLines(certificates.good));
    using dns = await fakeNameServer({ "mx.test": { A: ["127.0.0.1", "127.0.0.2"] } });
    const args = ["--dns", dns.address, "--every-address", "--quit-after", "rcpt", "--tls", "verify"];
    const asked = await ask([...args, "--tls-ca", certificates.authority, `mx.test:${server.port}`]);
    expect(asked.status).toBe(1);
    expect(asked.rows.map(({ address, reason }) => [address, reason])).toEqual([
      ["127.0.0.1", "reached"],
      ["127.0.0.2", "refused"],
    ]);
    expect(asked.printed).toContain(`RCPT TO:<${POSTMASTER}>`);
    await expectGoodbye(server, "ehlo=2 starttls=1 mail=1 rcpt=1 rset=1 quit=1 commands=7");
  });
});

describeNeeding("Login to Postfix with Dovecot behind it", lackingAny("postfix", DOVECOT), () => {
  test.each(MECHANISMS)("succeeds by %s, and fails with a wrong password", async (mechanism) => {
    await using dovecot = await startDovecot(dovecotOptions());
    await using server = await startPostfix("smtpd", saslLines(dovecot.saslSocket));
    const args = ["--auth-mechanism", mechanism, "--expect", `AUTH=${mechanism}`];
    const right = await askWith(PASSWORD, [...args, "--quit-after", "auth", at(server)]);
    expect(right.row).toMatchObject({ reason: "reached", stage: "auth", code: 235, enhancedCode: "2.7.0" });
    expect(right.printed).toContain(`C: AUTH ${mechanism}`);
    await expectGoodbye(server, "ehlo=2 starttls=1 auth=1 quit=1 commands=5");
    const wrong = await askWith(WRONG_PASSWORD, [...args, "--quit-after", "rcpt", "--to", USER, at(server)]);
    expect(wrong.row).toMatchObject({
      reason: "auth-failed",
      stage: "auth",
      code: 535,
      enhancedCode: "5.7.8",
    });
    expect(wrong.status).toBe(1);
    const log = await server.logged(/auth=0\/1/);
    expect(log).toContain("ehlo=2 starttls=1 auth=0/1 quit=1 commands=4/5");
    expect(log.match(/authentication failed/g)).toHaveLength(1);
  });

  test("takes the best mechanism, and rcpt follows", async () => {
    await using dovecot = await startDovecot(dovecotOptions());
    await using server = await startPostfix("smtpd", saslLines(dovecot.saslSocket));
    const asked = await askWith(PASSWORD, ["--quit-after", "rcpt", "--to", POSTMASTER, at(server)]);
    expect(asked.row).toMatchObject({ reason: "reached", stage: "rcpt" });
    expect(asked.printed).toContain("C: AUTH SCRAM-SHA-256 ***");
    await expectGoodbye(server, "ehlo=2 starttls=1 auth=1 mail=1 rcpt=1 rset=1 quit=1 commands=8");
    await expectNothingQueued(server);
  });

  test("takes the password from standard input", async () => {
    await using dovecot = await startDovecot(dovecotOptions());
    await using server = await startPostfix("smtps", saslLines(dovecot.saslSocket));
    const args = ["--smtps", "--quit-after", "auth", "--auth", USER, "--password-file", "-"];
    const asked = await ask([...args, "--tls-ca", certificates.authority, at(server)], {
      stdin: `${PASSWORD}\n`,
    });
    expect(asked.row).toMatchObject({ reason: "reached", stage: "auth" });
    expectNoSecret(asked.printed, PASSWORD);
    await expectGoodbye(server, "ehlo=1 auth=1 quit=1 commands=3");
  });

  test("never says the password to a server that is not verified", async () => {
    await using dovecot = await startDovecot(dovecotOptions());
    await using server = await startPostfix("smtpd", saslLines(dovecot.saslSocket));
    const args = ["--tls-name", "other.test", "--quit-after", "auth", at(server)];
    const asked = await askWith(PASSWORD, args);
    expect(asked.row).toMatchObject({ reason: "certificate-name", stage: "starttls" });
    await expectGoodbye(server, "ehlo=1 starttls=1 quit=1 commands=3");
  });

  test("is not offered in the clear", async () => {
    await using dovecot = await startDovecot(dovecotOptions());
    await using server = await startPostfix("smtpd", saslLines(dovecot.saslSocket));
    const asked = await askWith(PASSWORD, ["--tls", "none", "--quit-after", "auth", at(server)]);
    expect(asked.row).toMatchObject({ reason: "auth-missing", stage: "auth" });
    await expectGoodbye(server, "ehlo=1 quit=1 commands=2");
  });
});

describeNeeding("The dialogue with Dovecot", lackingAny("postfix", DOVECOT), () => {
  test.each(["none", "may", "encrypt"])("reaches rcpt by LMTP over TCP with --tls %s", async (level) => {
    await using server = await startDovecot(dovecotOptions());
    const args = ["--lmtp", "--quit-after", "rcpt", "--tls", level, "--to"];
    const known = await ask([...args, USER, at(server)]);
    expect(known.row).toMatchObject({ reason: "reached", stage: "rcpt", code: 250, hello: "LHLO" });
    expect(known.row.tlsFailure).toBeNull();
    expect(known.row.tls === null).toBe(level === "none");
    const unknown = await ask([...args, UNKNOWN, at(server)]);
    expect(unknown.row).toMatchObject({ reason: "declined", stage: "rcpt", enhancedCode: "5.1.1" });
    expect(await server.logged(/(Disconnect from 127.*[\s\S]*){2}/)).not.toMatch(
      /Disconnect(?!.*Logged out)/,
    );
  });

  test.each(["none", "may", "encrypt"])(
    "reaches rcpt by LMTP over a unix socket with --tls %s",
    async (level) => {
      await using server = await startDovecot(dovecotOptions());
      const args = ["--lmtp", "--quit-after", "rcpt", "--tls", level, "--to"];
      const known = await ask([...args, USER, `unix:${server.lmtpSocket}`]);
      expect(known.row).toMatchObject({ reason: "reached", stage: "rcpt", code: 250, hello: "LHLO" });
      expect(known.row.tlsFailure).toBeNull();
      expect(known.row.tls === null).toBe(level === "none");
      const unknown = await ask([...args, UNKNOWN, `unix:${server.lmtpSocket}`]);
      expect(unknown.row).toMatchObject({ reason: "declined", stage: "rcpt", enhancedCode: "5.1.1" });
      expect(await server.logged(/(Disconnect from local[\s\S]*){2}/)).not.toMatch(
        /Disconnect(?!.*Logged out)/,
      );
    },
  );

  test("verifies an LMTP server behind a unix socket by --tls-name", async () => {
    await using server = await startDovecot(dovecotOptions());
    const args = ["--lmtp", "--quit-after", "starttls", "--tls", "verify", "--tls-name", "mx.test"];
    const path = `unix:${server.lmtpSocket}`;
    const asked = await ask([...args, "--tls-ca", certificates.authority, path]);
    expect(asked.row).toMatchObject({ reason: "reached", stage: "starttls" });
    const distrusted = await ask([...args, path]);
    expect(distrusted.row).toMatchObject({ reason: "certificate-untrusted", stage: "starttls" });
  });

  test.each(MECHANISMS)("logs in to submission by %s", async (mechanism) => {
    await using relay = await startPostfix("smtpd");
    await using server = await startDovecot({ ...dovecotOptions(), relayPort: relay.port });
    const args = ["--auth-mechanism", mechanism, "--quit-after", "rcpt", "--to", USER];
    const right = await askWith(PASSWORD, [...args, `127.0.0.1:${server.submissionPort}`]);
    expect(right.row).toMatchObject({ reason: "reached", stage: "rcpt", enhancedCode: "2.1.5" });
    await expectNothingQueued(relay);
    const wrong = await askWith(WRONG_PASSWORD, [...args, `127.0.0.1:${server.submissionPort}`]);
    expect(wrong.row).toMatchObject({ reason: "auth-failed", stage: "auth", enhancedCode: "5.7.8" });
    await server.logged(/auth failed, 1 attempts/);
  });
});

describeNeeding("The dialogue with Exim", lackingAny("exim4-daemon-light"), () => {
  const lines =
    "acl_smtp_rcpt = rcpt\nbegin acl\nrcpt:\n  accept local_parts = postmaster\n  deny message = No such user";

  test("reaches starttls, verified", async () => {
    await using server = await startExim(lines, certificates.good);
    const args = ["--quit-after", "starttls", "--tls", "verify", "--tls-ca", certificates.authority];
    const asked = await ask([...args, at(server)]);
    expect(asked.row).toMatchObject({ reason: "reached", stage: "starttls", tls: { protocol: "TLSv1.3" } });
    expect(await server.logged(/closed by QUIT/)).not.toMatch(COMPLAINT);
  });

  test.each(["none", "may", "encrypt"])("reaches rcpt for postmaster alone with --tls %s", async (level) => {
    await using server = await startExim(lines, certificates.rsa);
    const args = ["--quit-after", "rcpt", "--tls", level, "--to"];
    expect((await ask([...args, POSTMASTER, at(server)])).row).toMatchObject({
      reason: "reached",
      stage: "rcpt",
      code: 250,
      tlsFailure: null,
    });
    expect((await ask([...args, UNKNOWN, at(server)])).row).toMatchObject({
      reason: "declined",
      stage: "rcpt",
      code: 550,
    });
    expect(await server.logged(/(closed by QUIT[\s\S]*){2}/)).not.toMatch(COMPLAINT);
  });
});

describeNeeding("The dialogue with OpenSMTPD", lackingAny("opensmtpd"), () => {
  test("reaches starttls where openssl does too, for that of Debian 12 fails in each handshake", async () => {
    await using server = await startOpenSmtpd(certificates.rsa);
    const args = ["--quit-after", "starttls", "--tls", "verify", "--tls-ca", certificates.authority];
    const { row } = await ask([...args, at(server)]);
    if (await opensslSucceeds(server)) {
      expect(row).toMatchObject({ reason: "reached", stage: "starttls" });
    } else {
      const cause = "the server failed in the handshake";
      expect(row).toMatchObject({ reason: "tls-failed", stage: "starttls", cause });
    }
    expect(await server.logged(/smtp disconnected reason=/)).not.toMatch(COMPLAINT);
  });

  test.each(["none", "may"])("reaches rcpt for postmaster alone with --tls %s", async (level) => {
    await using server = await startOpenSmtpd(certificates.rsa);
    const args = ["--quit-after", "rcpt", "--tls", level, "--to"];
    const known = await ask([...args, POSTMASTER, at(server)]);
    expect(known.row).toMatchObject({ reason: "reached", stage: "rcpt", code: 250 });
    if (level === "may") {
      const isSecured = await opensslSucceeds(server);
      expect(known.row.tls !== null).toBe(isSecured);
      expect(known.row.tlsFailure).toBe(isSecured ? null : "the server failed in the handshake");
    }
    const unknown = await ask([...args, UNKNOWN, at(server)]);
    expect(unknown.row).toMatchObject({ reason: "declined", stage: "rcpt", code: 550 });
    const log = await server.logged(/(smtp disconnected reason=quit[\s\S]*){2}/);
    expect(log).not.toMatch(COMPLAINT);
  });
});

function at({ port }: PrivateServer): string {
  return `127.0.0.1:${port}`;
}

/** Whether another client comes through the handshake: OpenSMTPD 6.8 with OpenSSL 3 lets nobody (its issue 1239). */
async function opensslSucceeds(server: PrivateServer): Promise<boolean> {
  const argv = ["openssl", "s_client", "-connect", at(server), "-starttls", "smtp", "-brief"];
  return (await Bun.spawn(argv, { stdio: ["ignore", "ignore", "ignore"] }).exited) === 0;
}

function tlsLines({ all }: Identity): string {
  return `smtpd_tls_chain_files = ${all}\nsmtpd_tls_security_level = may`;
}

function saslLines(socket: string): string {
  const lines = [
    "sasl_type = dovecot",
    `sasl_path = ${socket}`,
    "sasl_auth_enable = yes",
    "tls_auth_only = yes",
  ];
  return `${tlsLines(certificates.good)}\n${lines.map((line) => `smtpd_${line}`).join("\n")}`;
}

function dovecotOptions() {
  return { identity: certificates.good, user: USER, password: PASSWORD };
}

function passwordFile(password: string): string {
  return join(folder, password === PASSWORD ? "right" : "wrong");
}

/** Asks with a login, and makes sure that the password is nowhere to be seen. */
async function askWith(password: string, args: readonly string[]): Promise<Asked> {
  const login = ["--auth", USER, "--password-file", passwordFile(password)];
  const running = ask([...login, "--tls-ca", certificates.authority, ...args].filter(isUsed(args)));
  const [asked, commandLines] = await watched(running);
  const seen = [...commandLines].join("\n");
  expect(seen).toContain(passwordFile(password));
  expectNoSecret(seen, password);
  expectNoSecret(asked.printed, password);
  return asked;
}

/** An authority is of no use without TLS. */
function isUsed(args: readonly string[]): (word: string) => boolean {
  const isClear = args.includes("none");
  return (word) => !isClear || (word !== "--tls-ca" && word !== certificates.authority);
}

function expectNoSecret(text: string, password: string): void {
  for (const form of [password, btoa(password), btoa(`\0${USER}\0${password}`)])
    expect(text).not.toContain(form);
}

function keywords({ extensions }: Row): readonly string[] {
  return (extensions ?? []).map(({ keyword }) => keyword);
}

function faults({ tls, judgements }: Row): readonly string[] | undefined {
  return tls === null ? undefined : judgements.pkix.faults.map(({ reason }) => reason);
}

/** A Postfix counts a client's commands when it has gone; resolves with its log, which has no complaint. */
async function expectGoodbye(server: PrivateServer, counts: string): Promise<string> {
  const log = await server.logged(/ disconnect from /);
  expect(log).toContain(`disconnect from unknown[127.0.0.1] ${counts}\n`);
  expect(log).not.toMatch(COMPLAINT);
  return log;
}

/** The file of a message that was begun goes when cleanup(8) hears that it will not be ended. */
async function expectNothingQueued({ path }: PrivateServer): Promise<void> {
  const queued = async () => {
    const names = await Promise.all(QUEUES.map((queue) => readdir(join(path, "queue", queue))));
    return names.flat();
  };
  const endMs = performance.now() + 5_000;
  while ((await queued()).length > 0 && performance.now() < endMs) await Bun.sleep(10);
  expect(await queued()).toEqual([]);
}
