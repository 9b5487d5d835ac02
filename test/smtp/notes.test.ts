import { describe, expect, test } from "bun:test";
import type { Attempt, Dialogue } from "../../src/smtp/attempt.ts";
import { takeNotes } from "../../src/smtp/notes.ts";
import type { Say, Turn } from "../../src/smtp/script.ts";
import type { TlsFacts } from "../../src/tls/facts.ts";

const FACTS: TlsFacts = { protocol: "TLSv1.3", cipher: "TLS_AES_128_GCM_SHA256", chain: [], faults: [] };
const SECURE: Turn = { stage: "starttls", secure: { options: {}, share: 1, read: () => FACTS } };

function turn(stage: Say["stage"], say: string, known?: Say["known"]): Say {
  const plain: Say = { stage, say: `${say}\r\n`, want: "any" };
  return known === undefined ? plain : { ...plain, known };
}

function reply(code: number, ...lines: readonly string[]) {
  return { code, lines, complete: true };
}

function attempt(outcome: Attempt["outcome"]): Attempt {
  return { endpoint: { address: "192.0.2.1", port: 25 }, outcome, connectMs: 1, greetingMs: 2 };
}

const OVER = attempt({ kind: "closed", stage: "mail" });
const asIs = (text: string) => text;

describe("takeNotes() takes note of", () => {
  test("nothing, where nothing came", () => {
    expect(takeNotes(asIs).attest(OVER, undefined, 0)).toEqual({
      ...OVER,
      dialogue: { stagesMs: {}, hello: null, offer: null, tls: null, tlsFailure: null, isSecretUsed: false },
    });
  });

  test("what each stage took, with all its turns, and the one that is open", () => {
    const notes = takeNotes(asIs);
    notes.answered(turn("ehlo", "EHLO me"), reply(502, "no"), 1);
    notes.answered(turn("ehlo", "HELO me"), reply(250, "mx"), 2);
    notes.answered(SECURE, FACTS, 4);
    const { dialogue } = notes.attest(OVER, turn("mail", "MAIL FROM:<>"), 8);
    expect(dialogue).toMatchObject({
      stagesMs: { ehlo: 3, starttls: 4, mail: 8 },
      hello: "HELO",
      tls: FACTS,
    });
  });

  test("no time for what changes nothing any more", () => {
    const notes = takeNotes(asIs);
    const reset = turn("rcpt", "RSET", { kind: "closed", stage: "rcpt" });
    notes.answered(reset, reply(250), 5);
    expect(notes.attest(OVER, reset, 7).dialogue?.stagesMs).toEqual({});
  });

  test("the greeting's own time not at all", () => {
    expect(takeNotes(asIs).attest(OVER, turn("greeting", ""), 7).dialogue?.stagesMs).toEqual({});
  });

  test("the last offer, of those that are none", () => {
    const notes = takeNotes(asIs);
    notes.answered(turn("ehlo", "EHLO me"), reply(250, "mx", "SIZE"), 1);
    notes.answered(turn("starttls", "EHLO me"), reply(250, "mx", "DSN"), 1);
    notes.answered(turn("mail", "MAIL FROM:<>"), reply(250, "fine"), 1);
    expect(notes.attest(OVER, undefined, 0).dialogue?.offer?.lines).toEqual(["mx", "DSN"]);
  });

  test("a refused STARTTLS, and of an earlier connection's failure", () => {
    const notes = takeNotes(asIs);
    notes.answered(turn("starttls", "STARTTLS"), reply(454, "not now", "really"), 1);
    expect(notes.attest(OVER, undefined, 0).dialogue?.tlsFailure).toBe(
      "STARTTLS was refused: 454 not now really",
    );
    const failed: Attempt = {
      ...OVER,
      outcome: { kind: "tls-failed", stage: "starttls", cause: "why", reply: null },
      connectMs: 1,
      greetingMs: 2,
      dialogue: {
        ...takeNotes(asIs).attest(OVER, undefined, 0).dialogue,
        stagesMs: { ehlo: 4, starttls: 8 },
      } as Dialogue,
    };
    const { dialogue } = takeNotes(asIs, failed).attest(OVER, undefined, 0);
    expect(dialogue).toMatchObject({ tlsFailure: "why", stagesMs: { starttls: 15 } });
  });

  test("a secret that was used, answered or not", () => {
    const open = takeNotes(asIs).attest(OVER, turn("auth", "AUTH PLAIN x"), 0);
    expect(open.dialogue?.isSecretUsed).toBe(true);
    expect(takeNotes(asIs).attest(OVER, turn("ehlo", "EHLO me"), 0).dialogue?.isSecretUsed).toBe(false);
  });
});

test("takeNotes() shows nothing secret in an outcome, an offer, or why there is no TLS", () => {
  const redact = (text: string) => text.replaceAll("pencil", "***");
  const outcomes: readonly Attempt["outcome"][] = [
    { kind: "declined", stage: "mail", reply: reply(550, "pencil", "pencil") },
    { kind: "auth-failed", stage: "auth", cause: "PLAIN was refused", reply: reply(535, "pencil") },
    { kind: "auth-failed", stage: "auth", cause: "why", reply: null },
    { kind: "auth-missing", stage: "auth", offered: ["pencil"] },
    { kind: "not-smtp", stage: "mail", text: "pencil" },
    { kind: "reached", stage: "auth", reply: reply(235, "pencil") },
  ];
  for (const outcome of outcomes) {
    const notes = takeNotes(redact);
    notes.answered(turn("ehlo", "EHLO me"), reply(250, "mx", "XPENCIL pencil"), 1);
    notes.answered(turn("starttls", "STARTTLS"), reply(454, "pencil"), 1);
    expect(JSON.stringify(notes.attest(attempt(outcome), undefined, 0))).not.toContain("pencil");
  }
});

test("takeNotes() shows nothing secret, were it in a certificate", () => {
  const notes = takeNotes((text) => text.replaceAll("pencil", "***"));
  const certificate = { subject: "CN=pencil", issuer: "CN=pencil", names: ["pencil.test"] };
  const faults = [{ kind: "certificate-name", cause: "for pencil.test" }];
  const facts = { protocol: "TLSv1.3", cipher: "", chain: [certificate], faults } as unknown as TlsFacts;
  notes.answered({ stage: "starttls", secure: {} } as unknown as Turn, facts, 1);
  const outcome = { kind: "certificate-name", stage: "starttls", cause: "for pencil.test" } as const;
  expect(JSON.stringify(notes.attest({ ...OVER, outcome }, undefined, 0))).not.toContain("pencil");
});
