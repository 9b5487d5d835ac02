import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { FilterSession } from "../../src/guard/filter-session.ts";
import { type Decision, LET_IN, type Question } from "../../src/guard/question.ts";
import type { OpenSession } from "../../src/guard/session.ts";
import { everyCut, octetByOctet } from "../smtp/cuts.ts";
import { ask, deferral } from "./asked.ts";

const open: OpenSession = (io) => new FilterSession(io);

const REGISTERED = `register|report|smtp-in|link-connect
register|report|smtp-in|link-auth
register|report|smtp-in|tx-mail
register|report|smtp-in|tx-reset
register|report|smtp-in|link-disconnect
register|filter|smtp-in|rcpt-to
register|ready
`;
const HANDSHAKE = `config|smtpd-version|6.8.0p2
config|smtp-session-timeout|300
config|subsystem|smtp-in
config|admd|vm
config|ready
`;
/** As OpenSMTPD 6.8.0p2 sent it. */
const CONNECTED =
  "report|0.6|1795398678.195378|smtp-in|link-connect|1640fa86223f5069|client.test|pass|198.51.100.10:45803|198.51.100.3:25\n";
const SENDER = "report|0.6|1795398678.195900|smtp-in|tx-mail|1640fa86223f5069|7a2b8f10|ok|a@client.test\n";
const RECIPIENT =
  "filter|0.6|1795398678.196400|smtp-in|rcpt-to|1640fa86223f5069|195da1ceb7a6713e|user@example.test\n";
const GONE = "report|0.6|1795398678.197297|smtp-in|link-disconnect|1640fa86223f5069\n";
const ANSWER = "filter-result|1640fa86223f5069|195da1ceb7a6713e|";
const PROCEED = `${ANSWER}proceed\n`;
const DEFERRED = `${ANSWER}reject|450 4.3.2 Please use mx1.example.test\n`;

const QUESTION: Question = {
  isAuthenticated: false,
  clientAddress: "198.51.100.10",
  clientName: "client.test",
  ownAddress: "198.51.100.3",
  sender: "a@client.test",
  recipient: "user@example.test",
};

describe("FilterSession asks", () => {
  test.each<[string, string, Partial<Question>]>([
    ["with all that it knows", CONNECTED + SENDER, {}],
    ["without a sender when none was reported", CONNECTED, { sender: null }],
    ["with the null sender", CONNECTED + SENDER.replace("a@client.test", ""), { sender: "" }],
    [
      "with the sender of the second transaction",
      CONNECTED +
        SENDER +
        "report|0.6|1.2|smtp-in|tx-reset|1640fa86223f5069|7a2b8f10\n" +
        SENDER.replace("a@", "b@"),
      { sender: "b@client.test" },
    ],
    [
      "without the sender of a transaction that was reset",
      `${CONNECTED}${SENDER}report|0.6|1.2|smtp-in|tx-reset|1640fa86223f5069\n`,
      { sender: null },
    ],
    [
      "without the sender of another client",
      CONNECTED + SENDER.replace("1640fa86223f5069", "1"),
      { sender: null },
    ],
    ["without a name that is not verified", CONNECTED.replace("pass", "fail") + SENDER, { clientName: null }],
    [
      "for a client that has authenticated",
      `${CONNECTED + SENDER}report|0.6|1.2|smtp-in|link-auth|1640fa86223f5069|user|pass\n`,
      { isAuthenticated: true },
    ],
    [
      "for a client that could not authenticate",
      `${CONNECTED + SENDER}report|0.6|1.2|smtp-in|link-auth|1640fa86223f5069|user|fail\n`,
      {},
    ],
    [
      "for this machine's own mail as for an authenticated client",
      CONNECTED.replace(/198.*/, "unix:/var/run/smtpd.sock|unix:/var/run/smtpd.sock") + SENDER,
      { isAuthenticated: true, clientAddress: null, ownAddress: null },
    ],
    [
      "undisturbed by lines that say nothing to it",
      `${CONNECTED}\n|\nreport|0.6|1.2|smtp-in|link-tls|1640fa86223f5069|x\n\0\xff\nstats|1\n${SENDER}`,
      {},
    ],
  ])("%s", (_, before, change) => {
    const asked = ask(open, () => LET_IN);
    asked.hear(HANDSHAKE, before, RECIPIENT);
    expect(asked.questions).toEqual([{ ...QUESTION, ...change }]);
    expect(asked.said).toBe(REGISTERED + PROCEED);
    expect(asked.ends).toEqual([]);
  });

  test("for a recipient with the separator in its name", () => {
    const asked = ask(open, () => LET_IN);
    asked.hear(CONNECTED, RECIPIENT.replace("user", "us|er"));
    expect(asked.questions).toMatchObject([{ recipient: "us|er@example.test" }]);
  });
});

describe("FilterSession answers", () => {
  test.each<[string, Decision, string]>([
    ["proceed", LET_IN, PROCEED],
    ["proceed in a dry run", { kind: "would-defer", text: "Please use mx1.example.test" }, PROCEED],
    ["450 for DEFER_IF_PERMIT", deferral(), DEFERRED],
    ["450 for DEFER", deferral({ action: "defer" }), DEFERRED],
    ["450 for 450", deferral({ action: "450" }), DEFERRED],
    ["451 for 451", deferral({ action: "451" }), DEFERRED.replace("450", "451")],
    [
      "nothing but what is printable",
      deferral({ text: "a\r\nfilter-result|\0\x7fé\u{1f600}" }),
      `${ANSWER}reject|450 4.3.2 a??filter-result|?????\n`,
    ],
    [
      "what fits in a reply line",
      deferral({ text: "x".repeat(600) }),
      `${ANSWER}reject|450 4.3.2 ${"x".repeat(500)}\n`,
    ],
  ])("%s", (_, decision, answer) => {
    const asked = ask(open, () => decision);
    asked.hear(CONNECTED, RECIPIENT);
    expect(asked.said).toBe(answer);
  });

  test("the same, wherever its input is cut", () => {
    const dialogue = Buffer.from(HANDSHAKE + CONNECTED + SENDER + RECIPIENT + RECIPIENT + GONE);
    for (const pieces of [...everyCut(dialogue), octetByOctet(dialogue)]) {
      const asked = ask(open, () => deferral());
      asked.hear(...pieces);
      expect(asked.said).toBe(REGISTERED + DEFERRED + DEFERRED);
      expect(asked.questions).toEqual([QUESTION, QUESTION]);
    }
  });

  test.each([
    ["of a client that it does not know", RECIPIENT],
    ["of a client that has gone", CONNECTED + GONE + RECIPIENT],
    ["of another phase", CONNECTED + RECIPIENT.replace("rcpt-to", "mail-from")],
    ["that is too long", `${CONNECTED}${RECIPIENT.trimEnd()}${"x".repeat(100_000)}\n`],
  ])("a request %s with proceed, and asks nobody", (_, input) => {
    const asked = ask(open);
    asked.hear(input);
    expect(asked.said).toBe(PROCEED);
    expect(asked.questions).toEqual([]);
  });

  test("in the order of an older OpenSMTPD", () => {
    const asked = ask(open, () => deferral());
    asked.hear(CONNECTED.replace("0.6", "0.4"));
    asked.hear("filter|0.4|1.2|smtp-in|rcpt-to|195da1ceb7a6713e|1640fa86223f5069|user@example.test\n");
    expect(asked.said).toBe(
      "filter-result|195da1ceb7a6713e|1640fa86223f5069|reject|450 4.3.2 Please use mx1.example.test\n",
    );
  });

  test("when the decision comes after the client has gone and the input has ended", () => {
    const asked = ask(open);
    asked.hear(CONNECTED, SENDER, RECIPIENT, GONE);
    expect(asked.session.isBusy).toBe(true);
    asked.session.finished();
    expect([asked.said, asked.ends]).toEqual(["", []]);
    asked.decide(0, deferral());
    expect([asked.said, asked.ends]).toEqual([DEFERRED, [null]]);
    expect(asked.session.isBusy).toBe(false);
  });

  test("once, whatever the core does", () => {
    let said = "";
    const session = new FilterSession({
      decide({ recipient }, decided) {
        if (recipient.startsWith("twice")) decided(deferral());
        decided(LET_IN);
        throw new Error("no core does this");
      },
      write(text) {
        said += text;
      },
      ended() {},
    });
    session.heard(Buffer.from(CONNECTED + RECIPIENT + RECIPIENT.replace("user", "twice")));
    expect(said).toBe(PROCEED + DEFERRED);
    expect(session.isBusy).toBe(false);
  });

  test("one that is decided at once before one that takes longer", () => {
    const asked = ask(open);
    asked.hear(CONNECTED, RECIPIENT, RECIPIENT.replace("195da1ceb7a6713e", "2"));
    asked.decide(1, LET_IN);
    asked.decide(0, deferral());
    expect(asked.said).toBe(PROCEED.replace("195da1ceb7a6713e", "2") + DEFERRED);
  });

  test("each request once with its own reference, in any interleaving of clients, garbage and decisions", () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("connect"), client: fc.nat(3) }),
      fc.record({ kind: fc.constant("leave"), client: fc.nat(3) }),
      fc.record({ kind: fc.constant("name"), client: fc.nat(3) }),
      fc.record({ kind: fc.constant("decide"), at: fc.nat(20), isUp: fc.boolean() }),
      fc.record({ kind: fc.constant("garbage"), text: fc.string({ unit: "binary" }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 40 }), (steps, cut) => {
        const asked = ask(open);
        const wanted: string[] = [];
        const decided = new Set<number>();
        const decide = (at: number, decision: Decision) => {
          if (decided.has(at) || at >= asked.questions.length) return;
          decided.add(at);
          asked.decide(at, decision);
        };
        const hear = (text: string) => {
          for (let octets = Buffer.from(text); octets.length > 0; ) {
            asked.hear(octets.subarray(0, cut));
            octets = octets.subarray(cut);
          }
        };
        for (const each of steps) {
          if (each.kind === "decide" && "at" in each) decide(each.at, each.isUp ? deferral() : LET_IN);
          else if ("text" in each) hear(`junk ${each.text.replaceAll("\n", " ")}\n`);
          else if (each.kind === "connect" && "client" in each)
            hear(CONNECTED.replace("1640fa86223f5069", `c${each.client}`));
          else if (each.kind === "leave" && "client" in each)
            hear(GONE.replace("1640fa86223f5069", `c${each.client}`));
          else if ("client" in each) {
            wanted.push(`c${each.client}|t${wanted.length}`);
            hear(`filter|0.7|1.2|smtp-in|rcpt-to|${wanted.at(-1)}|user@example.test\n`);
          }
        }
        asked.session.finished();
        for (const at of asked.questions.keys()) decide(at, LET_IN);
        const answered = asked.said
          .trimEnd()
          .split("\n")
          .filter((line) => line !== "")
          .map(
            (line) => /^filter-result\|(\w+\|\w+)\|(?:proceed|reject\|450 4\.3\.2 [ -~]+)$/.exec(line)?.[1],
          );
        expect(answered.toSorted()).toEqual(wanted.toSorted());
        expect(asked.ends).toEqual([null]);
      }),
    );
  });
});

describe("FilterSession registers", () => {
  test.each([
    ["when the mail server is ready", HANDSHAKE, REGISTERED],
    ["once", HANDSHAKE + HANDSHAKE, REGISTERED],
    ["where no subsystem is named", "config|ready\n", REGISTERED],
    [
      "for nothing where it filters what goes out",
      "config|protocol|0.7\nconfig|subsystem|smtp-out\nconfig|ready\n",
      "register|ready\n",
    ],
    ["not before", HANDSHAKE.replace("config|ready\n", ""), ""],
    ["not for half a line", HANDSHAKE.trimEnd(), ""],
  ])("%s", (_, input, said) => {
    const asked = ask(open);
    asked.hear(input);
    expect(asked.said).toBe(said);
  });
});

describe("FilterSession survives", () => {
  test("any octets, and says nothing that no request asked for", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (octets) => {
        const asked = ask(open, () => deferral());
        asked.hear(octets, "\n", CONNECTED, RECIPIENT);
        expect(asked.said).toBe(DEFERRED);
        expect(asked.ends).toEqual([]);
      }),
    );
  });

  test("a line of 64 MiB, in bounded memory", () => {
    const asked = ask(open, () => deferral());
    const mebibyte = Buffer.alloc(2 ** 20, "x");
    Bun.gc(true);
    const before = process.memoryUsage().rss;
    for (let at = 0; at < 64; at += 1) asked.hear(mebibyte);
    expect(process.memoryUsage().rss - before).toBeLessThan(16 * 2 ** 20);
    asked.hear("\n", CONNECTED, RECIPIENT);
    expect(asked.said).toBe(DEFERRED);
  });

  test("10,001 clients: the oldest is let in", () => {
    const asked = ask(open, () => deferral());
    const each = (at: number) => at.toString(16);
    for (let at = 0; at <= 10_000; at += 1) asked.hear(CONNECTED.replace("1640fa86223f5069", each(at)));
    for (const at of [0, 1, 10_000]) asked.hear(RECIPIENT.replace("1640fa86223f5069", each(at)));
    expect(asked.said.match(/proceed|reject/g)).toEqual(["proceed", "reject", "reject"]);
  });
});
