import { type IdentityName, identity, withChain } from "../fake/certificates.ts";
import { BROKEN_HANDSHAKES, type Play, type TlsSmtpServer, tlsSmtpServer } from "../fake/tls-smtp-server.ts";
import {
  asked,
  broken,
  closes,
  type Exhibit,
  http,
  injects,
  isForItsNameAlone,
  isSilent,
  plain,
  resets,
  saysLate,
  saysThen,
  secured,
  sends,
  toHello,
  WITHOUT_TLS,
} from "./zoo-server.ts";

const SLOW_MS = 1_000;
/** Versions as the protocol numbers them (RFC 8446 §4.2.1). */
const TLS_1_0 = 0x0301;
const TLS_1_2 = 0x0303;

const dribbles: Play = async (client) => {
  for (const character of "220 mx.test ESMTP\r\n") {
    await sends(character)(client);
    await Bun.sleep(1);
  }
};

function upToTls(name: IdentityName, maxVersion: number): () => Bun.TLSOptions {
  return () => ({ ...identity(name), minVersion: TLS_1_0, maxVersion }) as Bun.TLSOptions;
}

/** All servers, good and bad. */
export const ZOO: Readonly<Record<string, Exhibit>> = {
  "in order, in the clear": plain("reached"),
  "HELO alone: 502 to EHLO": plain("reached", { EHLO: "502 5.5.1 what?" }),
  "HELO alone: 500 to EHLO": plain("reached", { EHLO: "500 5.5.1 what?" }),
  "neither EHLO nor HELO: 550": plain("declined", toHello("550 5.7.1 no")),
  "a teaser, 220-, then fine": plain("reached", {
    greeting: saysThen("220-mx.test", saysLate(SLOW_MS, "220 mx.test ESMTP")),
  }),
  "a teaser, 220-, then 554": plain("declined", {
    greeting: saysThen("220-mx.test", saysLate(SLOW_MS, "554 5.7.1 not you")),
  }),
  "a slow greeting": plain("reached", {
    greeting: saysLate(SLOW_MS, "220 mx.test ESMTP"),
  }),
  "a greeting in many packets": plain("reached", {
    greeting: dribbles,
  }),
  "a greeting of many lines": plain("reached", {
    greeting: `${"220-mx.test\r\n".repeat(20)}220 ESMTP`,
  }),
  "a greeting of nothing but 220": plain("reached", { greeting: "220" }),
  "a greeting that ends with a bare LF": plain("reached", { greeting: sends("220 mx.test\n") }),
  "bare LF throughout": plain("reached", {
    greeting: sends("220 mx.test\n"),
    EHLO: sends("250-mx.test\n250 SIZE 1000000\n"),
    QUIT: sends("221 bye\n"),
  }),
  "NUL in the greeting": plain("reached", { greeting: sends("220 mx\0.test ESMTP\r\n") }),
  "NUL in front of the greeting": plain("not-smtp", { greeting: sends("\x00220 mx.test ESMTP\r\n") }),
  "a greeting line of 900 octets": plain("reached", { greeting: `220 ${"x".repeat(894)}` }),
  "a greeting line of 100,000 octets": plain("not-smtp", { greeting: `220 ${"x".repeat(100_000)}` }),
  "a greeting of 10,000 lines": plain("not-smtp", {
    greeting: `${"220-mx.test\r\n".repeat(10_000)}220 ESMTP`,
  }),
  "a greeting of 250": plain("declined", { greeting: "250 mx.test ESMTP" }),
  "a greeting of 2200": plain("not-smtp", { greeting: "2200 mx.test ESMTP" }),
  "421 at the greeting": plain("busy", { greeting: saysThen("421 4.3.2 not now", closes) }),
  "421 at the greeting, and stays": plain("busy", { greeting: "421 4.3.2 not now" }),
  "450 at the greeting": plain("declined", { greeting: "450 4.3.2 not now" }),
  "554 at the greeting": plain("declined", { greeting: "554 5.7.1 not you" }),
  "421 to hello": plain("busy", toHello(saysThen("421 4.3.2 not now", closes))),
  "hello answered with codes that change": plain("not-smtp", toHello("250-mx.test\r\n550 5.7.1 no")),
  "hello answered with no code": plain("not-smtp", toHello("hello, client.test")),
  "closes before the greeting": plain("closed", { greeting: closes }),
  "resets before the greeting": plain("reset", { greeting: resets }),
  "closes after the greeting": plain("closed", { greeting: saysThen("220 mx.test ESMTP", closes) }),
  "closes after hello": plain("closed", toHello(closes)),
  "closes within the reply to hello": plain(
    "closed",
    toHello(saysThen("250-mx.test\r\n250-SIZE 1000000", closes)),
  ),
  "an HTTP server": { question: "ehlo", reason: "timed-out", play: http },
  "a POP3 server": plain("not-smtp", { greeting: "+OK POP3 ready" }),
  "an IMAP server": plain("not-smtp", { greeting: "* OK IMAP4rev1 ready" }),
  "an SSH server": plain("not-smtp", { greeting: "SSH-2.0-OpenSSH_9.2p1" }),
  "an FTP server": plain("declined", { greeting: "220 FTP ready", EHLO: "500 what?", HELO: "500 what?" }),
  "a silent server": { question: "ehlo", reason: "timed-out", play: isSilent },
  "silent after the greeting": plain("timed-out", toHello(isSilent)),
  "a port where nothing listens": { question: "ehlo", reason: "refused", play: null },

  "in order, ECDSA": secured("reached", "good"),
  "in order, RSA": secured("reached", "rsa"),
  "in order, an intermediate sent along": secured("reached", () =>
    withChain(identity("leaf"), identity("intermediate")),
  ),
  "TLS 1.2 at most": secured("reached", upToTls("good", TLS_1_2)),
  "TLS 1.0 at most": secured("tls-failed", upToTls("rsa", TLS_1_0)),
  "for its name alone (SNI)": secured("reached", "good", {
    STARTTLS: saysThen("220 2.0.0 go on", isForItsNameAlone),
  }),
  "a wildcard certificate": { ...secured("reached", "wildcard"), name: "mx.wild.test" },
  "a wildcard two labels up": { ...secured("certificate-name", "wildcard"), name: "a.mx.wild.test" },
  "a certificate with the name as common name alone": secured("certificate-name", "commonNameAlone"),
  "a certificate that has expired": secured("certificate-expired", "expired"),
  "a certificate that is not valid yet": secured("certificate-not-yet-valid", "notYetValid"),
  "a certificate signed by itself": secured("certificate-untrusted", "selfSigned"),
  "a certificate for another name": secured("certificate-name", "otherName"),
  "a certificate of a private authority": secured("certificate-untrusted", () =>
    withChain(identity("privateLeaf"), identity("privateRoot")),
  ),
  "a certificate without its intermediate": secured("certificate-incomplete", "leaf"),
  "a certificate with an intermediate that has expired": secured("certificate-expired", () =>
    withChain(identity("leafOfExpired"), identity("expiredIntermediate")),
  ),
  "no STARTTLS": secured("starttls-missing", "good", WITHOUT_TLS),
  "no STARTTLS, and HELO alone": secured("starttls-missing", "good", { EHLO: "502 5.5.1 what?" }),
  "454 to STARTTLS": secured("tls-failed", "good", { STARTTLS: "454 4.7.0 not now" }),
  "502 to STARTTLS": secured("tls-failed", "good", { STARTTLS: "502 5.5.1 what?" }),
  "421 to STARTTLS": secured("busy", "good", { STARTTLS: saysThen("421 4.3.2 not now", closes) }),
  "250 to STARTTLS": broken("tls-failed", BROKEN_HANDSHAKES["plaintext in its place"], "250 2.0.0 fine"),
  "plaintext in place of a handshake": broken("tls-failed", BROKEN_HANDSHAKES["plaintext in its place"]),
  "a handshake that stalls": broken("timed-out", isSilent),
  "a handshake that is cut": broken("tls-failed", BROKEN_HANDSHAKES["one that is cut"]),
  "a handshake that is closed": broken("tls-failed", BROKEN_HANDSHAKES["one that is closed"]),
  "a handshake that is reset": broken("tls-failed", BROKEN_HANDSHAKES["one that is reset"]),
  "an injection in front of the handshake": secured("tls-failed", "good", {
    STARTTLS: injects,
  }),
  "closes after the handshake": secured("closed", "good", { "EHLO under TLS": closes }),
  "421 to EHLO under TLS": secured("busy", "good", {
    "EHLO under TLS": saysThen("421 4.3.2 not now", closes),
  }),
  "EHLO refused under TLS": secured("declined", "good", {
    "EHLO under TLS": "550 5.7.1 no",
    "HELO under TLS": "550 5.7.1 no",
  }),

  "in order, to a recipient": asked("reached"),
  "251 to RCPT": asked("reached", { RCPT: "251 2.1.5 will forward" }),
  "252 to RCPT": asked("reached", { RCPT: "252 2.1.5 cannot tell" }),
  "421 to MAIL": asked("busy", { MAIL: saysThen("421 4.3.2 not now", closes) }),
  "421 to RCPT": asked("busy", { RCPT: saysThen("421 4.3.2 not now", closes) }),
  "450 to RCPT: greylisting": asked("deferred", { RCPT: "450 4.7.1 come again" }),
  "451 to RCPT: greylisting": asked("deferred", { RCPT: "451 4.7.1 come again" }),
  "452 to RCPT: its disk is full": asked("deferred", { RCPT: "452 4.3.1 full" }),
  "451 to MAIL": asked("deferred", { MAIL: "451 4.3.0 not now" }),
  "530 to MAIL: login wanted": asked("declined", { MAIL: "530 5.7.0 log in" }),
  "550 to MAIL": asked("declined", { MAIL: "550 5.7.1 no" }),
  "550 to RCPT": asked("declined", { RCPT: "550 5.1.1 nobody" }),
  "552 to RCPT": asked("declined", { RCPT: "552 5.2.2 full" }),
  "RCPT answered with codes that change": asked("not-smtp", { RCPT: "250-2.1.5 fine\r\n550 5.1.1 nobody" }),
  "354 to RCPT": asked("declined", { RCPT: "354 go on" }),
  "closes after MAIL": asked("closed", { MAIL: closes }),
  "silent after MAIL": asked("timed-out", { MAIL: isSilent }),
  "550 to RCPT, and closes": asked("declined", { RCPT: saysThen("550 5.1.1 nobody", closes) }),
  "in order, but closes at QUIT": asked("reached", { QUIT: closes }),
  "in order, but silent at QUIT": asked("reached", { QUIT: isSilent }),
  "in order, but 502 to RSET": asked("reached", { RSET: "502 5.5.1 what?" }),
};

/** Lets a server of the zoo listen on loopback; undefined for one that does not. */
export function openExhibit({ play, tls }: Exhibit): TlsSmtpServer | undefined {
  return play === null ? undefined : tlsSmtpServer(play, tls === undefined ? {} : { tls: tls() });
}
