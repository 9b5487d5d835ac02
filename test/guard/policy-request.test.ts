import { describe, expect, test } from "bun:test";
import { PolicyRequest } from "../../src/guard/policy-request.ts";
import type { Question } from "../../src/guard/question.ts";

/** As Postfix 3.7 sends it (SMTPD_POLICY_README). */
const POSTFIX = `request=smtpd_access_policy
protocol_state=RCPT
protocol_name=ESMTP
client_address=192.0.2.1
client_name=mx.client.test
client_port=40025
reverse_client_name=mx.client.test
server_address=198.51.100.2
server_port=25
helo_name=mx.client.test
sender=news@client.test
recipient=a@example.test
recipient_count=0
queue_id=
instance=6a1.5f3c1a2b.d3b07.0
size=12345
etrn_domain=
stress=
sasl_method=
sasl_username=
sasl_sender=
ccert_subject=
ccert_issuer=
ccert_fingerprint=
ccert_pubkey_fingerprint=
encryption_protocol=TLSv1.3
encryption_cipher=TLS_AES_256_GCM_SHA384
encryption_keysize=256
policy_context=`;

const ASKED: Question = {
  isAuthenticated: false,
  clientAddress: "192.0.2.1",
  clientName: "mx.client.test",
  ownAddress: "198.51.100.2",
  sender: "news@client.test",
  recipient: "a@example.test",
};

function questionOf(text: string): Question | undefined {
  const request = new PolicyRequest();
  for (const line of text.split("\n")) expect(request.take(line, 0, line.length)).toBe(true);
  return request.question();
}

/** Postfix's request with another value, or (null) without the attribute. */
function changed(name: string, value: string | null): string {
  const rest = POSTFIX.split("\n").filter((line) => !line.startsWith(`${name}=`));
  return [...rest, ...(value === null ? [] : [`${name}=${value}`])].join("\n");
}

describe("question() is what Postfix asks", () => {
  test("about a recipient", () => {
    expect(questionOf(POSTFIX)).toEqual(ASKED);
  });

  test.each<[string, string | null, Partial<Question>]>([
    ["sasl_username", "me", { isAuthenticated: true }],
    ["sasl_username", null, {}],
    ["client_name", "unknown", { clientName: null }],
    ["client_name", "", { clientName: null }],
    ["client_name", null, { clientName: null }],
    ["client_name", "Unknown.test", { clientName: "Unknown.test" }],
    ["client_address", "unknown", { clientAddress: "unknown" }],
    ["client_address", "", { clientAddress: null }],
    ["server_address", null, { ownAddress: null }],
    ["sender", "", { sender: "" }],
    ["sender", null, { sender: null }],
    ["sender", "a=b=@c.test", { sender: "a=b=@c.test" }],
    ["sender", "ü@müller.test", { sender: "ü@müller.test" }],
    ["recipient", '"a = b"@example.test', { recipient: '"a = b"@example.test' }],
    ["recipient", " a@example.test ", { recipient: " a@example.test " }],
  ])("with %s=%j", (name, value, news) => {
    expect(questionOf(changed(name, value))).toEqual({ ...ASKED, ...news });
  });

  test("by the first of two with one name", () => {
    const twice = `${POSTFIX}\nrecipient=b@example.test\nsasl_username=me\nrequest=x\nprotocol_state=DATA\nsender=x`;
    expect(questionOf(twice)).toEqual(ASKED);
  });

  test("with what it need not know left out", () => {
    const short = "request=smtpd_access_policy\nprotocol_state=RCPT\nrecipient=a@example.test";
    expect(questionOf(short)).toEqual({
      isAuthenticated: false,
      clientAddress: null,
      clientName: null,
      ownAddress: null,
      sender: null,
      recipient: "a@example.test",
    });
  });

  test("whatever else there is, names of an object's own too", () => {
    expect(questionOf(`${POSTFIX}\n__proto__=x\nconstructor=y\nfuture_thing=`)).toEqual(ASKED);
  });
});

describe("question() is none", () => {
  test.each<[string, string | null]>([
    ["request", null],
    ["request", ""],
    ["request", "smtpd_access_policy2"],
    ["request", "SMTPD_ACCESS_POLICY"],
    ["protocol_state", null],
    ["protocol_state", "rcpt"],
    ...["CONNECT", "EHLO", "HELO", "MAIL", "DATA", "END-OF-MESSAGE", "VRFY", "ETRN"].map(
      (state): [string, string] => ["protocol_state", state],
    ),
    ["recipient", null],
    ["recipient", ""],
  ])("with %s=%j", (name, value) => {
    expect(questionOf(changed(name, value))).toBeUndefined();
  });

  test("for a request of nothing", () => {
    expect(new PolicyRequest().question()).toBeUndefined();
  });
});

describe("take() a line", () => {
  test.each([
    ["a=b", true],
    ["a=", true],
    ["a==b", true],
    [" a = b", true],
    ["a\u0001=\u0002", true],
    ["", false],
    ["a", false],
    ["=", false],
    ["=a", false],
    ["request smtpd_access_policy", false],
  ])("%j: %p", (line, is) => {
    expect(new PolicyRequest().take(line, 0, line.length)).toBe(is);
  });
});
