import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Decision, LET_IN, type Question } from "../../src/guard/question.ts";
import type { OpenSession } from "../../src/guard/session.ts";
import { SocketmapSession } from "../../src/guard/socketmap-session.ts";
import { everyCut, octetByOctet } from "../smtp/cuts.ts";
import { ask, deferral } from "./asked.ts";

const open: OpenSession = (io) => new SocketmapSession(io);

const TWO_WORDS = "33:mxguard 198.51.100.3 example.test,";
const NOT_FOUND = "9:NOTFOUND ,";
const DEFERRED = "25:OK DEFER mx1.example.test,";

const QUESTION: Question = {
  isAuthenticated: false,
  clientAddress: null,
  clientName: null,
  ownAddress: "198.51.100.3",
  sender: null,
  recipient: "@example.test",
};
const WHOLE: Question = {
  ...QUESTION,
  clientAddress: "198.51.100.10",
  sender: "a@client.test",
  recipient: "user@example.test",
};

function query(text: string): string {
  return `${Buffer.byteLength(text)}:${text},`;
}

describe("SocketmapSession asks", () => {
  test.each<[string, Question]>([
    ["mxguard 198.51.100.3 example.test", QUESTION],
    ["anything 198.51.100.3 example.test", QUESTION],
    ["mxguard IPv6:2001:db8::3 example.test", { ...QUESTION, ownAddress: "2001:db8::3" }],
    ["mxguard  198.51.100.3  example.test ", QUESTION],
    ["mxguard 198.51.100.3 example.test 198.51.100.10 a@client.test user@example.test", WHOLE],
    ["mxguard 198.51.100.3 example.test 198.51.100.10 <a@client.test> <user@example.test>", WHOLE],
    ["mxguard 198.51.100.3 example.test 198.51.100.10<a@client.test><user@example.test>", WHOLE],
    ["mxguard 198.51.100.3 example.test 198.51.100.10 <> <user@example.test>", { ...WHOLE, sender: "" }],
    [
      'mxguard 198.51.100.3 example.test IPv6:2001:db8::a <"a b"@client.test> <user@example.test>',
      { ...WHOLE, clientAddress: "2001:db8::a", sender: '"a b"@client.test' },
    ],
    [
      "mxguard ipv6:2001:db8:0:0:0:0:0:3 example.test ipv6:2001:db8:0:0:0:0:0:a<><user@example.test>",
      {
        ...WHOLE,
        ownAddress: "2001:db8:0:0:0:0:0:3",
        clientAddress: "2001:db8:0:0:0:0:0:a",
        sender: "",
      },
    ],
    [
      "mxguard 198.51.100.3 example.test 198.51.100.10<a@client.test><a b@example.test>",
      { ...WHOLE, recipient: "a b@example.test" },
    ],
  ])("%j", (text, question) => {
    const asked = ask(open, () => LET_IN);
    asked.hear(query(text));
    expect(asked.questions).toEqual([question]);
    expect(asked.said).toBe(NOT_FOUND);
  });

  test.each([
    "",
    "mxguard",
    "mxguard 198.51.100.3",
    "mxguard example.test 127.0.0.1<a@client.test><user@example.test>",
    "mxguard 198.51.100.3 example.test 198.51.100.10",
    "mxguard 198.51.100.3 example.test 198.51.100.10 user@example.test",
    "mxguard 198.51.100.3 example.test 198.51.100.10 a@client.test user@example.test more",
  ])("nobody about %j, and finds nothing", (text) => {
    const asked = ask(open);
    asked.hear(query(text));
    expect([asked.said, asked.questions, asked.ends]).toEqual([NOT_FOUND, [], []]);
  });
});

describe("SocketmapSession answers", () => {
  test.each<[string, Decision, string]>([
    ["with the server when the recipient is deferred", deferral(), DEFERRED],
    ["the same whatever the action", deferral({ action: "451", text: "other" }), DEFERRED],
    ["that nothing is found when it is let in", LET_IN, NOT_FOUND],
    ["that nothing is found in a dry run", { kind: "would-defer", text: "Please use mx1" }, NOT_FOUND],
    ["with nothing but what is printable", deferral({ server: "a\r\n b\0é" }), "16:OK DEFER a???b??,"],
  ])("%s", (_, decision, answer) => {
    const asked = ask(open, () => decision);
    asked.hear(TWO_WORDS);
    expect(asked.said).toBe(answer);
  });

  test("the same, wherever its input is cut", () => {
    const octets = Buffer.from(TWO_WORDS + query("mxguard 1 2 3") + TWO_WORDS);
    for (const pieces of [...everyCut(octets), octetByOctet(octets)]) {
      const asked = ask(open, () => deferral());
      asked.hear(...pieces);
      expect(asked.said).toBe(DEFERRED + NOT_FOUND + DEFERRED);
    }
  });

  test("in the order of the queries, whenever the decisions come, and ends behind the last", () => {
    const decisions = fc.array(fc.boolean(), { minLength: 1, maxLength: 12 });
    const ordered = decisions.chain((all) =>
      fc.tuple(
        fc.constant(all),
        fc.shuffledSubarray([...all.keys()], { minLength: all.length }),
        fc.nat(all.length - 1),
      ),
    );
    fc.assert(
      fc.property(ordered, ([all, order, finishedAt]) => {
        const asked = ask(open);
        asked.hear(TWO_WORDS.repeat(all.length));
        order.forEach((at, step) => {
          if (step === finishedAt) asked.session.finished();
          expect(asked.ends).toEqual([]);
          asked.decide(at, all[at] ? deferral() : LET_IN);
        });
        expect(asked.said).toBe(all.map((isUp) => (isUp ? DEFERRED : NOT_FOUND)).join(""));
        expect(asked.ends).toEqual([null]);
        expect(asked.session.isBusy).toBe(false);
      }),
    );
  });
});

describe("SocketmapSession ends", () => {
  test("at once when the other side has no more to ask and nothing waits", () => {
    const asked = ask(open, () => LET_IN);
    asked.hear(TWO_WORDS, "33:mxgu");
    asked.session.finished();
    expect(asked.ends).toEqual([null]);
  });

  test.each([
    ["a netstring is malformed", "x"],
    ["a netstring is malformed", `${TWO_WORDS}33;`],
    ["a netstring is too long", "32769:"],
  ])("because %s, once, and hears and says nothing more", (why, input) => {
    const asked = ask(open);
    asked.hear(input);
    const before = asked.questions.length;
    asked.hear(TWO_WORDS);
    for (let at = 0; at < before; at += 1) asked.decide(at, deferral());
    asked.session.finished();
    expect([asked.ends, asked.said, asked.questions.length]).toEqual([[why], "", before]);
  });

  test("when more than 1,000 queries wait", () => {
    const asked = ask(open);
    asked.hear(TWO_WORDS.repeat(1_001));
    expect(asked.ends).toEqual(["too many queries wait for an answer"]);
    expect(asked.questions).toHaveLength(1_000);
  });

  test("for no octets with more than one reason", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 })), (pieces) => {
        const asked = ask(open, () => deferral());
        asked.hear(...pieces);
        asked.session.finished();
        expect(asked.ends).toHaveLength(1);
      }),
    );
  });
});

test("SocketmapSession finds nothing in brackets that are not closed", () => {
  const asked = ask(open, () => LET_IN);
  asked.hear(query(`mxguard ${"<".repeat(32_000)}`), query("mxguard <a <b> c"));
  expect(asked.said).toBe(NOT_FOUND.repeat(2));
  expect(asked.questions).toEqual([]);
});
