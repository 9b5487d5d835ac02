import { beforeEach, describe, expect, setSystemTime, test } from "bun:test";
import { parseAllowList } from "../../src/guard/allow-list.ts";
import type { GuardRules } from "../../src/guard/asked.ts";
import { DecisionLog } from "../../src/guard/decision-log.ts";
import { parseDomainRules } from "../../src/guard/domain-rules.ts";
import { guard } from "../../src/guard/guard.ts";
import type { Inquiries } from "../../src/guard/inquiries.ts";
import type { Verdict } from "../../src/guard/inquiry.ts";
import { parseMessage } from "../../src/guard/message.ts";
import { OwnMemory } from "../../src/guard/own-memory.ts";
import type { Decide, Decision, Question } from "../../src/guard/question.ts";
import type { SharedMemory } from "../../src/guard/relief.ts";

const QUESTION: Question = {
  isAuthenticated: false,
  clientAddress: "198.51.100.10",
  clientName: null,
  ownAddress: "::ffff:192.0.2.9",
  sender: "a@client.test",
  recipient: "user@example.test",
};
const UP: Verdict = { kind: "up", server: "mx1.example.test" };
const LET_IN: Decision = { kind: "let-in" };
const DEFERRED: Decision = {
  kind: "defer",
  action: "defer-if-permit",
  server: "mx1.example.test",
  text: "Please use mx1.example.test",
};
const MINUTE = 60_000;

let rules: GuardRules;
let verdict: Verdict | undefined;
let tell: ((verdict: Verdict) => void) | undefined;
let asked: unknown[];
let lines: string[];
let shared: SharedMemory | undefined;
let warnings: unknown[];
let answerWithinMs: number;

beforeEach(() => {
  rules = {
    allowed: { has: () => false },
    domains: null,
    message: parseMessage("Please use %s"),
    action: "defer-if-permit",
  };
  verdict = UP;
  asked = [];
  lines = [];
  shared = undefined;
  warnings = [];
  answerWithinMs = 5_000;
});

function newGuard(): Decide {
  const inquiries = {
    ask(domain: string, vantage: object, _: number, told: (verdict: Verdict) => void) {
      asked.push({ domain, ...vantage });
      tell = told;
      return verdict;
    },
  };
  return guard({
    rules: () => rules,
    inquiries: inquiries as unknown as Inquiries,
    answerWithinMs,
    relief: { relentMs: 8 * MINUTE, own: new OwnMemory(), shared, warn: (error) => warnings.push(error) },
    log: new DecisionLog({
      level: "info",
      format: "logfmt",
      write: (line) => lines.push(line.replace(/ ms=\S+/, "")),
    }),
  });
}

function decisionOf(decide: Decide, question: Partial<Question> = {}): Promise<Decision> {
  return new Promise((resolve) => decide({ ...QUESTION, ...question }, resolve));
}

describe("guard()", () => {
  test("defers when somebody before us is up, and says so in the log", async () => {
    expect(await decisionOf(newGuard())).toEqual(DEFERRED);
    expect(asked).toEqual([{ domain: "example.test", family: 4, own: "192.0.2.9" }]);
    expect(lines).toEqual([
      "level=info domain=example.test client=198.51.100.10 group=198.51.100.0/24 verdict=deferred server=mx1.example.test reason=up memory=true",
    ]);
  });

  test.each<[string, Partial<Question>, string]>([
    ["an authenticated client", { isAuthenticated: true }, "authenticated"],
    ["a recipient without a domain", { recipient: "postmaster" }, "no-domain"],
    ["a literal", { recipient: "user@[192.0.2.1]" }, "no-domain"],
    ["blanks in the domain", { recipient: "user@example .test" }, "no-domain"],
  ])("lets in %s without asking", async (_, question, reason) => {
    expect(await decisionOf(newGuard(), question)).toEqual(LET_IN);
    expect(asked).toEqual([]);
    expect(lines.join()).toContain(`verdict=let-in reason=${reason}`);
  });

  test("lets in who is allowed, and domains that are not guarded, without asking", async () => {
    rules = { ...rules, allowed: parseAllowList("198.51.100.0/24", "allow") };
    expect(await decisionOf(newGuard())).toEqual(LET_IN);
    rules = { ...rules, domains: parseDomainRules("other.test", "domains") };
    expect(await decisionOf(newGuard(), { clientAddress: "203.0.113.1" })).toEqual(LET_IN);
    expect(asked).toEqual([]);
  });

  test.each<[string | null, number]>([
    ["2001:db8::1", 6],
    ["::ffff:198.51.100.10", 4],
    ["198.51.100.10", 4],
    [null, 4],
    ["unknown", 4],
  ])("counts a client at %p as IPv%i", async (clientAddress, family) => {
    await decisionOf(newGuard(), { clientAddress });
    expect(asked).toMatchObject([{ family }]);
  });

  test("waits for a verdict that is not there yet", async () => {
    verdict = undefined;
    const decision = decisionOf(newGuard());
    tell?.(UP);
    expect(await decision).toEqual(DEFERRED);
    expect(lines.join()).toContain("memory=false");
  });

  test.each(["none-up", "no-verdict", "lookup-failed", "not-listed", "too-many-new"] as const)(
    "lets in for %s",
    async (reason) => {
      verdict = { kind: "open", reason };
      expect(await decisionOf(newGuard())).toEqual(LET_IN);
      expect(lines.join()).toContain(`verdict=let-in reason=${reason}`);
    },
  );

  test("only says what it would do in the dry run", async () => {
    rules = { ...rules, action: "warn" };
    expect(await decisionOf(newGuard())).toEqual({
      kind: "would-defer",
      text: "Please use mx1.example.test",
    });
    expect(lines.join()).toContain("verdict=would-defer");
  });

  test("shows the client and the log the same reference, and the time when waiting ends", async () => {
    setSystemTime(new Date("2026-11-27T20:00:30Z"));
    rules = { ...rules, message: parseMessage("%s: again at %t (%r)") };
    const decide = newGuard();
    const decision = await decisionOf(decide);
    const text = decision.kind === "defer" ? decision.text : "";
    const [, reference = ""] =
      /^mx1\.example\.test: again at 2026-11-27 20:09 UTC \((\w+)\)$/.exec(text) ?? [];
    expect(reference).toMatch(/^[\da-f]{10}$/);
    expect(lines[0]).toStartWith(`level=info ref=${reference} `);
    await decisionOf(decide);
    expect(lines).toHaveLength(2);
    setSystemTime();
  });

  test("lets in who comes again after the time to relent, and what else it sends to that domain", async () => {
    setSystemTime(new Date("2026-11-27T20:00:00Z"));
    const decide = newGuard();
    expect(await decisionOf(decide)).toEqual(DEFERRED);
    setSystemTime(new Date("2026-11-27T20:07:59Z"));
    expect(await decisionOf(decide, { clientAddress: "198.51.100.77" })).toEqual(DEFERRED);
    setSystemTime(new Date("2026-11-27T20:08:00Z"));
    expect(await decisionOf(decide, { clientAddress: "198.51.100.77" })).toEqual(LET_IN);
    expect(await decisionOf(decide, { sender: "b@client.test", recipient: "other@example.test" })).toEqual(
      LET_IN,
    );
    expect(await decisionOf(decide, { clientAddress: "203.0.113.1" })).toEqual(DEFERRED);
    expect(await decisionOf(decide, { sender: "a@elsewhere.test" })).toEqual(DEFERRED);
    const reasons = lines.map((line) => /reason=(\S+)/.exec(line)?.[1]);
    expect(reasons).toEqual(["up", "up", "relented", "passing", "up"]);
    setSystemTime();
  });

  test("never relents where sender or client are not known", async () => {
    setSystemTime(new Date("2026-11-27T20:00:00Z"));
    const decide = newGuard();
    await decisionOf(decide, { sender: null });
    setSystemTime(new Date("2026-11-28T08:00:00Z"));
    expect(await decisionOf(decide, { sender: null })).toEqual(DEFERRED);
    setSystemTime();
  });

  test("lets in, and says why, when it fails itself", async () => {
    rules = {
      ...rules,
      allowed: {
        has: () => {
          throw new TypeError("broken");
        },
      },
    };
    expect(await decisionOf(newGuard())).toEqual(LET_IN);
    expect(lines.join("\n")).toContain('msg="cannot decide"');
    verdict = undefined;
    rules = {
      ...rules,
      allowed: { has: () => false },
      message: {
        hasReference: false,
        render: () => {
          throw new TypeError("broken");
        },
      },
    };
    const decision = decisionOf(newGuard());
    tell?.(UP);
    expect(await decision).toEqual(LET_IN);
  });

  test("lets in what a store has to be asked about that fails", async () => {
    shared = {
      meet: async () => {
        throw new Error("gone");
      },
      givePass: async () => {},
      close() {},
    };
    expect(await decisionOf(newGuard())).toEqual(LET_IN);
    expect(lines.join()).toContain("reason=store-failed");
    expect(warnings).toEqual([new Error("gone")]);
  });

  test("lets in where a store does not answer within the time to answer", async () => {
    shared = { meet: () => new Promise(() => {}), givePass: async () => {}, close() {} };
    answerWithinMs = 30;
    expect(await decisionOf(newGuard())).toEqual(LET_IN);
    expect(lines.join()).toContain("reason=store-failed");
  });

  test("counts what other guards have seen", async () => {
    const nowMs = Date.now();
    const passes: string[] = [];
    shared = {
      meet: async (_, keys) => ({ hasPass: false, firstMs: keys.map(() => nowMs - 9 * MINUTE) }),
      async givePass(pass) {
        passes.push(pass);
      },
      close() {},
    };
    expect(await decisionOf(newGuard())).toEqual(LET_IN);
    expect(lines.join()).toContain("reason=relented");
    expect(passes).toHaveLength(1);
    shared = { ...shared, meet: async (_, keys) => ({ hasPass: true, firstMs: keys.map(() => nowMs) }) };
    expect(await decisionOf(newGuard())).toEqual(LET_IN);
    expect(lines.join()).toContain("reason=passing");
  });
});
