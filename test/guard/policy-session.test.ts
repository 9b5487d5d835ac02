import { beforeEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { PolicySession } from "../../src/guard/policy-session.ts";
import type { Decision } from "../../src/guard/question.ts";
import { FakeDecide } from "./fake-decide.ts";

/** As Postfix 3.7 sends it. */
const REQUEST = `request=smtpd_access_policy
protocol_state=RCPT
protocol_name=ESMTP
client_address=198.51.100.10
client_name=client.test
client_port=57027
reverse_client_name=client.test
server_address=198.51.100.2
server_port=25
helo_name=client.test
sender=a@client.test
recipient=user@example.test
recipient_count=0
queue_id=
instance=642b.6b03921c.7a0fa.0
size=1234
etrn_domain=
stress=
sasl_method=
sasl_username=
sasl_sender=
ccert_subject=
ccert_issuer=
ccert_fingerprint=
ccert_pubkey_fingerprint=
encryption_protocol=
encryption_cipher=
encryption_keysize=0
policy_context=

`;
const QUESTION = {
  isAuthenticated: false,
  clientAddress: "198.51.100.10",
  clientName: "client.test",
  ownAddress: "198.51.100.2",
  sender: "a@client.test",
  recipient: "user@example.test",
};
const DEFER: Decision = { kind: "defer", action: "defer-if-permit", server: "mx1", text: "Please use mx1" };
const DUNNO = "action=DUNNO\n\n";

let decide: FakeDecide;
let said: string;
let ends: (string | null)[];
let session: PolicySession;

beforeEach(() => {
  decide = new FakeDecide();
  decide.decisions.set("user@example.test", { kind: "let-in" });
  said = "";
  ends = [];
  session = new PolicySession({
    decide: decide.decide,
    write(text) {
      said += text;
    },
    ended: (why) => ends.push(why),
  });
});

const hear = (text: string | Uint8Array) => session.heard(Buffer.from(text as string));
const requestWith = (...lines: readonly string[]) =>
  `request=smtpd_access_policy\nprotocol_state=RCPT\n${lines.join("\n")}\n\n`;

describe("PolicySession", () => {
  test("asks what Postfix asks, and answers", () => {
    hear(REQUEST);
    expect(decide.questions).toEqual([QUESTION]);
    expect(said).toBe(DUNNO);
    expect(ends).toEqual([]);
  });

  test("asks the same, wherever the request is cut", () => {
    for (let at = 1; at < REQUEST.length; at += 1) {
      hear(REQUEST.slice(0, at));
      hear(REQUEST.slice(at));
    }
    expect(decide.questions).toEqual(new Array(REQUEST.length - 1).fill(QUESTION));
    expect(said).toBe(DUNNO.repeat(REQUEST.length - 1));
  });

  test("asks the same octet by octet", () => {
    for (const octet of Buffer.from(REQUEST)) session.heard(Uint8Array.of(octet));
    expect(decide.questions).toEqual([QUESTION]);
  });

  test.each<[Decision, string]>([
    [{ kind: "let-in" }, DUNNO],
    [{ kind: "would-defer", text: "Please use mx1" }, "action=WARN Please use mx1\n\n"],
    [DEFER, "action=DEFER_IF_PERMIT 4.3.2 Please use mx1\n\n"],
    [{ ...DEFER, action: "defer" }, "action=DEFER 4.3.2 Please use mx1\n\n"],
    [{ ...DEFER, action: "450" }, "action=450 4.3.2 Please use mx1\n\n"],
    [{ ...DEFER, action: "451" }, "action=451 4.3.2 Please use mx1\n\n"],
  ])("says %j as %j", (decision, answer) => {
    decide.decisions.set("user@example.test", decision);
    hear(REQUEST);
    expect(said).toBe(answer);
  });

  test("answers in the order of the requests, though a slow one is among them", () => {
    decide.decisions.clear();
    decide.decisions.set("quick@example.test", { kind: "let-in" });
    hear(requestWith("recipient=slow@example.test") + requestWith("recipient=quick@example.test"));
    expect(said).toBe("");
    expect(session.isBusy).toBe(true);
    decide.settle(0, DEFER);
    expect(said).toBe(`action=DEFER_IF_PERMIT 4.3.2 Please use mx1\n\n${DUNNO}`);
    expect(session.isBusy).toBe(false);
  });

  test.each([
    [
      "another protocol state",
      "request=smtpd_access_policy\nprotocol_state=DATA\nrecipient=user@example.test\n\n",
    ],
    ["another request", "request=junk\nprotocol_state=RCPT\nrecipient=user@example.test\n\n"],
    ["no request", "protocol_state=RCPT\nrecipient=user@example.test\n\n"],
    ["no recipient", "request=smtpd_access_policy\nprotocol_state=RCPT\n\n"],
    ["an empty recipient", requestWith("recipient=")],
    ["nothing", "\n"],
  ])("lets in for %s without asking", (_, request) => {
    hear(request);
    expect(said).toBe(DUNNO);
    expect(decide.questions).toEqual([]);
  });

  test.each<[string, string, object]>([
    ["an authenticated client", "sasl_username=me", { isAuthenticated: true }],
    ["a client without a verified name", "client_name=unknown", { clientName: null }],
    ["the null sender", "sender=", { sender: "" }],
    ["no sender", "x=y", { sender: null }],
    ["a sender with an equals sign", "sender=a=b@client.test", { sender: "a=b@client.test" }],
    ["a sender in UTF-8", "sender=jürgen@client.test", { sender: "jürgen@client.test" }],
    ["the first of two", "sender=one@client.test\nsender=two@client.test", { sender: "one@client.test" }],
  ])("asks of %s", (_, line, part) => {
    hear(requestWith("recipient=user@example.test", line));
    expect(decide.questions).toMatchObject([part]);
  });

  test.each([
    ["a line without an equals sign", "junk\n"],
    ["a line without a name", "=value\n"],
    ["CRLF", "request=smtpd_access_policy\r\n\r\n"],
    ["a NUL", "sender=a\0b\n"],
    ["more than 200 lines", "a=b\n".repeat(201)],
    ["more than 32 KiB in lines", `a=${"x".repeat(1_000)}\n`.repeat(33)],
    ["more than 32 KiB in one line", `a=${"x".repeat(33_000)}`],
    ["more than 32 KiB without a line", "x".repeat(33_000)],
  ])("ends, with a reason, at %s", (_, text) => {
    hear(text);
    expect(ends).toEqual([expect.any(String)]);
    hear(REQUEST);
    expect(said).toBe("");
    expect(ends).toHaveLength(1);
  });

  test("takes 200 lines, and 32 KiB", () => {
    hear(`request=smtpd_access_policy\n${"a=b\n".repeat(199)}\n`);
    hear(`a=${"x".repeat(32_000)}\n\n`);
    expect(said).toBe(DUNNO.repeat(2));
    expect(ends).toEqual([]);
  });

  test("ends when a half-closed client has all its answers", () => {
    decide.decisions.clear();
    hear(requestWith("recipient=slow@example.test"));
    session.finished();
    expect(ends).toEqual([]);
    decide.settle(0, { kind: "let-in" });
    expect(said).toBe(DUNNO);
    expect(ends).toEqual([null]);
  });

  test("ends at once when there is nothing to answer", () => {
    hear(REQUEST);
    session.finished();
    expect(ends).toEqual([null]);
  });

  test("holds no more than 1,000 questions", () => {
    decide.decisions.clear();
    for (let at = 0; at < 1_001; at += 1) hear(requestWith("recipient=slow@example.test"));
    expect(decide.questions).toHaveLength(1_000);
    expect(ends).toEqual([expect.any(String)]);
  });

  test("gives as many answers as there were requests, or ends, whatever comes however cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constant(REQUEST), fc.constant("a=b\n"), fc.constant("\n"), fc.string())),
        fc.integer({ min: 1, max: 50 }),
        (parts, size) => {
          said = "";
          ends = [];
          session = new PolicySession({
            decide: decide.decide,
            write(text) {
              said += text;
            },
            ended: (why) => ends.push(why),
          });
          const octets = Buffer.from(parts.join(""));
          for (let at = 0; at < octets.length; at += size) session.heard(octets.subarray(at, at + size));
          const requests = octets.toString().split("\n").slice(0, -1);
          const answers = said.split(DUNNO).length - 1;
          expect(said).toBe(DUNNO.repeat(answers));
          if (ends.length === 0) expect(answers).toBe(requests.filter((line) => line === "").length);
        },
      ),
    );
  });
});
