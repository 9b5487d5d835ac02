import { describe, expect, test } from "bun:test";
import type { AttemptOutcome, QuitStage } from "../../src/smtp/attempt.ts";
import { INJECTION } from "../../src/smtp/line.ts";
import type { DialogueTerms } from "../../src/smtp/terms.ts";
import { identity, withChain } from "../fake/certificates.ts";
import { holdDialogue, playDialogue } from "../fake/held-dialogue.ts";
import { BROKEN_HANDSHAKES, type Play, tlsSmtpServer } from "../fake/tls-smtp-server.ts";

const GREETING = "S: 220 mx.test ESMTP";
const EHLO = "C: EHLO me.test\nS: 250-mx.test\nS: 250-STARTTLS\nS: 250 SIZE 1000";
const UNDER_TLS = "C: EHLO me.test\nS: 250-mx.test\nS: 250 SIZE 2000";
const STARTTLS = "C: STARTTLS\nS: 220 go on\n(tls)";
const MAIL = "C: MAIL FROM:<>\nS: 250 2.1.0 fine";
const RCPT = "C: RCPT TO:<postmaster@mx.test>\nS: 250 2.1.5 fine";
const RSET = "C: RSET\nS: 250 2.0.0 reset";
const QUIT = "C: QUIT";

function lines(...parts: readonly string[]): string {
  return parts.join("\n");
}

/** What the server hears of these parts. */
function heardOf(...parts: readonly string[]): string {
  return [...lines(...parts).matchAll(/^C: (.*)$/gm)].map(([, line]) => `${line}\r\n`).join("");
}

/** Behind the first handshake everything is played when it has been made. */
function after(...parts: readonly string[]): Play {
  return async (client) => {
    await client.play(lines(...parts));
  };
}

function afterStartTls(play: Play): Play {
  return async (client) => {
    await client.play(lines(GREETING, EHLO, "C: STARTTLS\nS: 220 go on"));
    await play(client);
  };
}

describe("a dialogue reaches", () => {
  test.each<[QuitStage, Partial<DialogueTerms>, readonly string[]]>([
    ["ehlo", {}, [GREETING, EHLO]],
    ["starttls", { level: "encrypt" }, [GREETING, EHLO, STARTTLS, UNDER_TLS]],
    ["starttls", { level: "verify" }, [GREETING, EHLO, STARTTLS, UNDER_TLS]],
    ["starttls", { level: "encrypt", isImplicit: true }, ["(tls)", GREETING, EHLO]],
    ["mail", {}, [GREETING, EHLO, MAIL, RSET]],
    ["mail", { level: "may" }, [GREETING, EHLO, STARTTLS, UNDER_TLS, MAIL, RSET]],
    ["rcpt", {}, [GREETING, EHLO, MAIL, RCPT, RSET]],
    ["rcpt", { level: "may" }, [GREETING, EHLO, STARTTLS, UNDER_TLS, MAIL, RCPT, RSET]],
    ["rcpt", { level: "verify", isImplicit: true }, ["(tls)", GREETING, EHLO, MAIL, RCPT, RSET]],
  ])("%s, with %p", async (quitAfter, terms, parts) => {
    const { outcome, heard, complaints } = await playDialogue(lines(...parts, QUIT), { quitAfter, ...terms });
    expect({ outcome, heard, complaints }).toEqual({
      outcome: { kind: "reached", stage: quitAfter, reply: expect.objectContaining({ code: 250 }) },
      heard: heardOf(...parts, QUIT),
      complaints: [],
    });
  });

  test("the greeting under TLS, and says nothing but QUIT", async () => {
    const { outcome, heard } = await playDialogue(lines("(tls)", GREETING, QUIT), {
      quitAfter: "greeting",
      level: "encrypt",
      isImplicit: true,
    });
    expect([outcome.kind, heard]).toEqual(["greeted", "QUIT\r\n"]);
  });

  test("rcpt by a server that will forward (251)", async () => {
    const forwards = "C: RCPT TO:<postmaster@mx.test>\nS: 251 2.1.5 will forward";
    const { outcome } = await playDialogue(lines(GREETING, EHLO, MAIL, forwards, RSET, QUIT));
    expect(outcome).toMatchObject({ kind: "reached", stage: "rcpt", reply: { code: 251 } });
  });

  test("a later stage although the server asks for it in a greeting of several lines", async () => {
    const { outcome } = await playDialogue(lines("S: 220-wait\n(wait 5ms)\nS: 220 mx.test", EHLO, QUIT), {
      quitAfter: "ehlo",
    });
    expect(outcome.kind).toBe("reached");
  });

  test("by the literal of this end's address, where it has no name (RFC 5321 §4.1.4)", async () => {
    const { heard } = await playDialogue(lines(GREETING, "C: EHLO [127.0.0.1]\nS: 250 mx.test", QUIT), {
      quitAfter: "ehlo",
      helo: null,
    });
    expect(heard).toBe("EHLO [127.0.0.1]\r\nQUIT\r\n");
  });

  test("by LHLO (RFC 2033)", async () => {
    const { outcome, heard } = await playDialogue(lines(GREETING, "C: LHLO me.test\nS: 250 mx.test", QUIT), {
      quitAfter: "ehlo",
      isLmtp: true,
    });
    expect([outcome.kind, heard]).toEqual(["reached", "LHLO me.test\r\nQUIT\r\n"]);
  });

  test("by HELO where EHLO is not known", async () => {
    const old = "C: EHLO me.test\nS: 502 what?\nC: HELO me.test\nS: 250 mx.test";
    const { outcome, notes, heard } = await playDialogue(lines(GREETING, old, QUIT), { quitAfter: "ehlo" });
    expect([outcome.kind, notes?.hello, heard]).toEqual([
      "reached",
      "HELO",
      "EHLO me.test\r\nHELO me.test\r\nQUIT\r\n",
    ]);
  });

  test.each([454, 500, 504, 550, 354])("HELO, where EHLO gets %d", async (code) => {
    const old = `C: EHLO me.test\nS: ${code} no\nC: HELO me.test\nS: 250 mx.test`;
    expect((await playDialogue(lines(GREETING, old, QUIT), { quitAfter: "ehlo" })).outcome.kind).toBe(
      "reached",
    );
  });

  test("ehlo, where EHLO gets another success", async () => {
    const { heard } = await playDialogue(lines(GREETING, "C: EHLO me.test\nS: 251 mx.test", QUIT), {
      quitAfter: "ehlo",
    });
    expect(heard).toBe("EHLO me.test\r\nQUIT\r\n");
  });

  test("mail with what is not ASCII where SMTPUTF8 is offered (RFC 6531 §3.4)", async () => {
    const offer = "C: EHLO me.test\nS: 250-mx.test\nS: 250 SMTPUTF8";
    const { heard, outcome } = await playDialogue(
      async (client) => {
        await client.play(lines(GREETING, offer));
        await client.line();
        await client.say("250 fine");
        await client.play(RSET);
        await client.over();
      },
      { quitAfter: "mail", from: "müller@mx.test" },
    );
    expect(outcome.kind).toBe("reached");
    expect(Buffer.from(heard, "latin1").toString()).toContain("MAIL FROM:<müller@mx.test> SMTPUTF8\r\n");
  });
});

describe("a dialogue ends, with QUIT, at", () => {
  const ATE = { quitAfter: "rcpt" } as const;
  const START = { quitAfter: "rcpt", level: "encrypt" } as const;

  test.each<[string, Partial<DialogueTerms>, readonly string[], AttemptOutcome["kind"], QuitStage, number]>([
    ["a busy greeting", ATE, ["S: 421 busy"], "busy", "greeting", 421],
    ["another 4xx for a greeting", ATE, ["S: 450 no"], "declined", "greeting", 450],
    ["a 5xx for a greeting", ATE, ["S: 554 no"], "declined", "greeting", 554],
    ["a greeting whose last line says no", ATE, ["S: 220-wait\nS: 554 no"], "declined", "greeting", 554],
    ["a greeting whose last line is busy", ATE, ["S: 220-wait\nS: 421 no"], "busy", "greeting", 421],
    ["421 to EHLO, without HELO", ATE, [GREETING, "C: EHLO me.test\nS: 421 no"], "busy", "ehlo", 421],
    [
      "5xx to HELO",
      ATE,
      [GREETING, "C: EHLO me.test\nS: 502 no\nC: HELO me.test\nS: 550 no"],
      "declined",
      "ehlo",
      550,
    ],
    [
      "421 to HELO",
      ATE,
      [GREETING, "C: EHLO me.test\nS: 502 no\nC: HELO me.test\nS: 421 no"],
      "busy",
      "ehlo",
      421,
    ],
    [
      "4xx to HELO",
      ATE,
      [GREETING, "C: EHLO me.test\nS: 450 no\nC: HELO me.test\nS: 450 no"],
      "declined",
      "ehlo",
      450,
    ],
    [
      "5xx to LHLO, without HELO",
      { ...ATE, isLmtp: true },
      [GREETING, "C: LHLO me.test\nS: 502 no"],
      "declined",
      "ehlo",
      502,
    ],
    ["421 to STARTTLS", START, [GREETING, EHLO, "C: STARTTLS\nS: 421 no"], "busy", "starttls", 421],
    [
      "421 to STARTTLS, under may too",
      { ...START, level: "may" },
      [GREETING, EHLO, "C: STARTTLS\nS: 421 no"],
      "busy",
      "starttls",
      421,
    ],
    ["454 to STARTTLS", START, [GREETING, EHLO, "C: STARTTLS\nS: 454 no"], "tls-failed", "starttls", 454],
    ["501 to STARTTLS", START, [GREETING, EHLO, "C: STARTTLS\nS: 501 no"], "tls-failed", "starttls", 501],
    ["250 to STARTTLS", START, [GREETING, EHLO, "C: STARTTLS\nS: 250 no"], "tls-failed", "starttls", 250],
    [
      "a refused EHLO under TLS",
      START,
      [GREETING, EHLO, STARTTLS, "C: EHLO me.test\nS: 550 no\nC: HELO me.test\nS: 550 no"],
      "declined",
      "starttls",
      550,
    ],
    [
      "421 to EHLO under TLS",
      START,
      [GREETING, EHLO, STARTTLS, "C: EHLO me.test\nS: 421 no"],
      "busy",
      "starttls",
      421,
    ],
    ["421 to MAIL", ATE, [GREETING, EHLO, "C: MAIL FROM:<>\nS: 421 no"], "busy", "mail", 421],
    ["451 to MAIL", ATE, [GREETING, EHLO, "C: MAIL FROM:<>\nS: 451 no"], "deferred", "mail", 451],
    ["550 to MAIL", ATE, [GREETING, EHLO, "C: MAIL FROM:<>\nS: 550 no"], "declined", "mail", 550],
  ])("%s", async (_, terms, parts, kind, stage, code) => {
    const { outcome, heard, complaints } = await playDialogue(lines(...parts, QUIT), terms);
    expect({ outcome, heard, complaints }).toEqual({
      outcome: expect.objectContaining({ kind, stage, reply: expect.objectContaining({ code }) }),
      heard: heardOf(...parts, QUIT),
      complaints: [],
    });
  });

  test.each<[string, number, AttemptOutcome["kind"]]>([
    ["deferred", 450, "deferred"],
    ["declined", 550, "declined"],
    ["put off by 252, which is no refusal", 252, "reached"],
  ])("a recipient that is %s, behind RSET", async (_, code, kind) => {
    const no = `C: RCPT TO:<postmaster@mx.test>\nS: ${code} no`;
    const parts = [GREETING, EHLO, MAIL, no, RSET, QUIT];
    const { outcome, heard } = await playDialogue(lines(...parts));
    expect(outcome).toMatchObject({ kind, stage: "rcpt", reply: { code } });
    expect(heard).toBe(heardOf(...parts));
  });

  test("a busy RCPT, without RSET, for the server has gone (RFC 5321 §3.8)", async () => {
    const parts = [GREETING, EHLO, MAIL, "C: RCPT TO:<postmaster@mx.test>\nS: 421 no", QUIT];
    const { outcome, heard } = await playDialogue(lines(...parts));
    expect([outcome.kind, heard]).toEqual(["busy", heardOf(...parts)]);
  });

  test.each<[string, Partial<DialogueTerms>, readonly string[], AttemptOutcome]>([
    [
      "an offer without STARTTLS",
      START,
      [GREETING, "C: EHLO me.test\nS: 250 mx.test"],
      { kind: "starttls-missing", stage: "starttls" },
    ],
    [
      "an offer by HELO",
      START,
      [GREETING, "C: EHLO me.test\nS: 502 no\nC: HELO me.test\nS: 250 STARTTLS"],
      { kind: "starttls-missing", stage: "starttls" },
    ],
    [
      "an offer without what is expected",
      { quitAfter: "ehlo", expect: ["SIZE", "DSN"] },
      [GREETING, EHLO],
      { kind: "extension-missing", stage: "ehlo", extension: "DSN" },
    ],
    [
      "an offer under TLS without what was offered in the clear",
      { quitAfter: "starttls", level: "encrypt", expect: ["STARTTLS"] },
      [GREETING, EHLO, STARTTLS, UNDER_TLS],
      { kind: "extension-missing", stage: "starttls", extension: "STARTTLS" },
    ],
    [
      "an offer in the clear without what is expected, where TLS is refused",
      { quitAfter: "rcpt", level: "may", expect: ["DSN"] },
      [GREETING, EHLO, "C: STARTTLS\nS: 454 no"],
      { kind: "extension-missing", stage: "ehlo", extension: "DSN" },
    ],
    [
      "an offer without SMTPUTF8 for what is not ASCII",
      { quitAfter: "rcpt", to: "müller@mx.test" },
      [GREETING, EHLO],
      { kind: "extension-missing", stage: "mail", extension: "SMTPUTF8" },
    ],
  ])("%s", async (_, terms, parts, outcome) => {
    const played = await playDialogue(lines(...parts, QUIT), terms);
    expect(played).toMatchObject({ outcome, heard: heardOf(...parts, QUIT), complaints: [] });
  });
});

describe("a dialogue finds", () => {
  /** A command, and what comes before it. */
  const STAGES: readonly (readonly [QuitStage, readonly string[], Partial<DialogueTerms>])[] = [
    ["greeting", [], {}],
    ["ehlo", [GREETING, "C: EHLO me.test"], {}],
    ["starttls", [GREETING, EHLO, "C: STARTTLS"], { level: "may" }],
    ["starttls", [GREETING, EHLO, STARTTLS, "C: EHLO me.test"], { level: "encrypt" }],
    ["mail", [GREETING, EHLO, "C: MAIL FROM:<>"], {}],
    ["rcpt", [GREETING, EHLO, MAIL, "C: RCPT TO:<postmaster@mx.test>"], {}],
  ];

  test.each(STAGES)("the end of the connection in %s", async (stage, parts, terms) => {
    const { outcome } = await playDialogue(lines(...parts, "(close)"), terms);
    expect(outcome).toEqual({ kind: "closed", stage });
  });

  test.each(STAGES)("the end of the connection within a reply in %s", async (stage, parts, terms) => {
    const { outcome, heard } = await playDialogue(lines(...parts, "S| 250-mx", "(wait 5ms)\n(close)"), terms);
    expect({ outcome, heard }).toEqual({ outcome: { kind: "closed", stage }, heard: heardOf(...parts) });
  });

  test.each(STAGES)("a reset in %s", async (stage, parts, terms) => {
    const { outcome } = await playDialogue(lines(...parts, "(wait 5ms)\n(reset)"), terms);
    expect(outcome).toEqual({ kind: "reset", stage });
  });

  test.each(STAGES)("no SMTP in %s, and says nothing more", async (stage, parts, terms) => {
    const { outcome, heard } = await playDialogue(lines(...parts, "S: hello?"), terms);
    expect({ outcome, heard }).toEqual({
      outcome: { kind: "not-smtp", stage, text: "hello?" },
      heard: heardOf(...parts),
    });
  });

  test.each(STAGES.slice(1))("no SMTP in codes that differ, in %s", async (stage, parts, terms) => {
    const { outcome, heard } = await playDialogue(lines(...parts, "S: 250-mx.test\nS: 550 no"), terms);
    expect({ outcome, heard }).toEqual({
      outcome: { kind: "not-smtp", stage, text: "250-mx.test" },
      heard: heardOf(...parts),
    });
  });

  test.each(STAGES)("no SMTP in a reply without an end, in %s", async (stage, parts, terms) => {
    const { outcome } = await playDialogue(lines(...parts, `S| ${"250-x\\r\\n".repeat(2_000)}`), terms);
    expect(outcome).toMatchObject({ kind: "not-smtp", stage });
  });

  test("a server that is silent, and says in which stage", async () => {
    using server = tlsSmtpServer(lines(GREETING, EHLO, "C: MAIL FROM:<>"));
    const { promise, resolve } = Promise.withResolvers<void>();
    const silence = holdDialogue(
      server.port,
      {},
      { overhear: (_, text) => text.startsWith("MAIL") && resolve() },
    );
    await promise;
    expect(await Promise.race([silence, Promise.resolve("pending")])).toBe("pending");
  });
});

describe("a refused recipient stays refused", () => {
  const NO = "C: RCPT TO:<postmaster@mx.test>\nS: 550 5.1.1 unknown";

  test.each([
    ["RSET is refused", "S: 500 no"],
    ["RSET is answered with 421", "S: 421 no"],
    ["RSET is answered with what is no SMTP", "S: hello?"],
    ["the server closes", "(close)"],
    ["the connection is reset", "(wait 5ms)\n(reset)"],
    ["the answer to RSET has two codes", "S: 250-a\nS: 500 b"],
  ])("although %s", async (_, ending) => {
    const { outcome, notes } = await playDialogue(lines(GREETING, EHLO, MAIL, NO, "C: RSET", ending));
    expect(outcome).toMatchObject({ kind: "declined", stage: "rcpt", reply: { code: 550 } });
    expect(Object.keys(notes?.stagesMs ?? {})).toEqual(["ehlo", "mail", "rcpt"]);
  });
});

describe("a dialogue comes to the same, whatever packets it comes in:", () => {
  const PARTS = [GREETING, EHLO, MAIL, RCPT, RSET, QUIT];
  const LONGEST = Math.max(
    ...["220 mx.test ESMTP\r\n", "250-mx.test\r\n250-STARTTLS\r\n250 SIZE 1000\r\n"].map((t) => t.length),
  );

  test("cut in two at every octet", async () => {
    const cuts = Array.from({ length: LONGEST }, (_, at) => at + 1);
    const all = await Promise.all(cuts.map((at) => playDialogue(lines(...PARTS), {}, { cutAt: [at] })));
    for (const { outcome, heard, complaints } of all) {
      expect(outcome).toMatchObject({
        kind: "reached",
        stage: "rcpt",
        reply: { code: 250, lines: ["2.1.5 fine"] },
      });
      expect([heard, complaints]).toEqual([heardOf(...PARTS), []]);
    }
  });

  test("octet by octet, under TLS too", async () => {
    const cutAt = Array.from({ length: LONGEST }, (_, at) => at + 1);
    const parts = [GREETING, EHLO, STARTTLS, UNDER_TLS, MAIL, RCPT, RSET, QUIT];
    const { outcome, heard } = await playDialogue(lines(...parts), { level: "verify" }, { cutAt });
    expect([outcome.kind, heard]).toEqual(["reached", heardOf(...parts)]);
  });

  test("cut off at every octet of the answer to EHLO", async () => {
    const answer = "250-mx.test\\r\\n250 SIZE 1000\\r\\n";
    const cuts = Array.from({ length: "250-mx.test\r\n250 SIZE 1000\r".length }, (_, at) => at);
    const octets = answer.replaceAll("\\r", "\r").replaceAll("\\n", "\n");
    const all = await Promise.all(
      cuts.map((at) => {
        const cut = octets.slice(0, at).replaceAll("\r", "\\r").replaceAll("\n", "\\n");
        return playDialogue(lines(GREETING, `C: EHLO me.test\nS| ${cut}\n(wait 5ms)\n(close)`), {
          quitAfter: "ehlo",
        });
      }),
    );
    for (const { outcome, heard } of all)
      expect({ outcome, heard }).toEqual({
        outcome: { kind: "closed", stage: "ehlo" },
        heard: "EHLO me.test\r\n",
      });
  });
});

describe("STARTTLS", () => {
  const BAD = {
    expired: "certificate-expired",
    notYetValid: "certificate-not-yet-valid",
    selfSigned: "certificate-untrusted",
    otherName: "certificate-name",
    commonNameAlone: "certificate-name",
    leaf: "certificate-incomplete",
    privateLeaf: "certificate-incomplete",
  } as const;
  const NAMES = Object.keys(BAD) as (keyof typeof BAD)[];
  const PARTS = [GREETING, EHLO, STARTTLS];

  test.each(NAMES)("with verify is not enough by the certificate %s", async (name) => {
    const terms = { quitAfter: "starttls", level: "verify" } as const;
    const { outcome, notes, heardInTheClear } = await playDialogue(lines(...PARTS, QUIT), terms, {
      tls: identity(name),
    });
    expect(outcome).toMatchObject({ kind: BAD[name], stage: "starttls", cause: expect.any(String) });
    expect(notes?.tls).toMatchObject({ protocol: "TLSv1.3", chain: [{ keyType: "ec" }] });
    expect(heardInTheClear).toBe("EHLO me.test\r\nSTARTTLS\r\n");
  });

  test("with verify is enough by a chain to an authority", async () => {
    const tls = withChain(identity("leaf"), identity("intermediate"));
    const parts = [...PARTS, UNDER_TLS, QUIT];
    const { outcome } = await playDialogue(
      lines(...parts),
      { quitAfter: "starttls", level: "verify" },
      { tls },
    );
    expect(outcome.kind).toBe("reached");
  });

  for (const level of ["encrypt", "may"] as const) {
    test.each(NAMES)(`with ${level} goes on with the certificate %s, and tells its faults`, async (name) => {
      const parts = [...PARTS, UNDER_TLS, QUIT];
      const { outcome, notes, heard } = await playDialogue(
        lines(...parts),
        { quitAfter: "starttls", level },
        { tls: identity(name) },
      );
      expect([outcome.kind, heard]).toEqual(["reached", heardOf(...parts)]);
      expect(notes?.tls?.faults[0]?.kind).toBe(BAD[name]);
    });
  }

  test("is not said with none, although it is offered", async () => {
    const { heard } = await playDialogue(lines(GREETING, EHLO, MAIL, RSET, QUIT), { quitAfter: "mail" });
    expect(heard).not.toContain("STARTTLS");
  });

  test.each([454, 501, 502, 554])("that is refused with %d is gone on without under may", async (code) => {
    const parts = [GREETING, EHLO, `C: STARTTLS\nS: ${code} 5.7.0 no`, MAIL, RSET, QUIT];
    const { outcome, notes, heard } = await playDialogue(lines(...parts), {
      quitAfter: "mail",
      level: "may",
    });
    expect([outcome.kind, heard]).toEqual(["reached", heardOf(...parts)]);
    expect(notes).toMatchObject({ tls: null, tlsFailure: `STARTTLS was refused: ${code} 5.7.0 no` });
  });

  test("that is not offered is gone on without under may", async () => {
    const parts = [GREETING, "C: EHLO me.test\nS: 250 mx.test", MAIL, RSET, QUIT];
    const { heard, notes } = await playDialogue(lines(...parts), { quitAfter: "mail", level: "may" });
    expect([heard, notes?.tlsFailure]).toEqual([heardOf(...parts), null]);
  });

  test.each<[keyof typeof BROKEN_HANDSHAKES, string]>([
    ["plaintext in its place", "the server answered in the clear"],
    ["one that is cut", "the connection was closed in the handshake"],
    ["one that is closed", "the connection was closed in the handshake"],
    ["one that is reset", "the connection was reset in the handshake"],
    ["an alert about the version", "the server knows no TLS 1.2 or later"],
    ["an alert about the name", "the server has no certificate for this name"],
  ])("that brings %s has failed", async (kind, cause) => {
    const { outcome } = await playDialogue(afterStartTls(BROKEN_HANDSHAKES[kind]), { level: "encrypt" });
    expect(outcome).toEqual({ kind: "tls-failed", stage: "starttls", cause, reply: null });
  });

  test.each<[keyof typeof BROKEN_HANDSHAKES]>([
    ["plaintext in its place"],
    ["one that is cut"],
    ["one that is closed"],
    ["one that is reset"],
  ])("from the first octet that brings %s has failed", async (kind) => {
    const { outcome, heardInTheClear } = await playDialogue(BROKEN_HANDSHAKES[kind], {
      level: "encrypt",
      isImplicit: true,
    });
    expect(outcome).toMatchObject({ kind: "tls-failed", stage: "starttls", reply: null });
    expect(heardInTheClear).not.toContain("QUIT");
  });

  test("from the first octet, where the server greets in the clear, has failed", async () => {
    const { outcome } = await playDialogue(GREETING, { level: "encrypt", isImplicit: true });
    expect(outcome).toMatchObject({ kind: "tls-failed", cause: "the server answered in the clear" });
  });

  test("with a server that knows TLS 1.0 only has failed (RFC 8996)", async () => {
    const tls = { ...identity("rsa"), minVersion: 0x0301, maxVersion: 0x0301 } as never;
    const { outcome } = await playDialogue(lines(...PARTS), { level: "encrypt" }, { tls });
    expect(outcome).toMatchObject({ kind: "tls-failed", cause: "the server knows no TLS 1.2 or later" });
  });

  test("with a server that knows TLS 1.2 only goes well", async () => {
    const tls = { ...identity("good"), maxVersion: 0x0303 } as never;
    const parts = [...PARTS, UNDER_TLS, QUIT];
    const { outcome, notes } = await playDialogue(
      lines(...parts),
      { quitAfter: "starttls", level: "verify" },
      { tls },
    );
    expect([outcome.kind, notes?.tls?.protocol]).toEqual(["reached", "TLSv1.2"]);
  });

  test("that stalls takes half of the time that is left under may", async () => {
    using server = tlsSmtpServer(lines(GREETING, EHLO, "C: STARTTLS\nS: 220 go on"));
    const startedAtMs = performance.now();
    const { outcome } = await holdDialogue(server.port, { level: "may" }, {}, startedAtMs + 400);
    expect(outcome).toMatchObject({ kind: "tls-failed", cause: "the handshake took too long" });
    expect(performance.now() - startedAtMs).toBeWithin(150, 390);
  });

  test("that stalls is waited for under encrypt, until the time is over", async () => {
    using server = tlsSmtpServer(lines(GREETING, EHLO, "C: STARTTLS\nS: 220 go on"));
    const held = holdDialogue(server.port, { level: "encrypt" }, {}, performance.now() + 100);
    expect(await Promise.race([held, Bun.sleep(150).then(() => "pending")])).toBe("pending");
  });

  test("from the first octet with a certificate that is not good ends before anything was said", async () => {
    const { outcome, heard } = await playDialogue(
      lines("(tls)", GREETING),
      { level: "verify", isImplicit: true },
      { tls: identity("selfSigned") },
    );
    expect({ kind: outcome.kind, heard }).toEqual({ kind: "certificate-untrusted", heard: "" });
  });
});

describe("an injection before TLS (RFC 3207 §6) is refused", () => {
  for (const level of ["may", "encrypt", "verify"] as const) {
    test(`in the same packet as 220, under ${level}`, async () => {
      const injected = lines(GREETING, EHLO, "C: STARTTLS\nS: 220 go on\nS: 250 evil");
      const { outcome, heard } = await playDialogue(injected, { level });
      expect(outcome).toEqual({ kind: "tls-failed", stage: "starttls", cause: INJECTION, reply: null });
      expect(heard).toBe("EHLO me.test\r\nSTARTTLS\r\n");
    });
  }

  test("by one octet, and by a NUL", async () => {
    for (const octet of ["x", "\\x00", "\\n"]) {
      const injected = lines(GREETING, EHLO, `C: STARTTLS\nS| 220 go on\\r\\n${octet}`);
      expect((await playDialogue(injected, { level: "encrypt" })).outcome).toMatchObject({
        cause: INJECTION,
      });
    }
  });

  test("that came before STARTTLS was said", async () => {
    const early = lines(GREETING, `${EHLO}\nS: 220 go on\nS: 250 evil`);
    for (const level of ["encrypt", "may"] as const) {
      const { outcome, heard } = await playDialogue(early, { level });
      expect(outcome).toEqual({ kind: "not-smtp", stage: "starttls", text: "220 go on" });
      expect(heard).toBe("EHLO me.test\r\n");
    }
  });

  test("by octets in a packet of their own, which are no handshake", async () => {
    const { outcome } = await playDialogue(afterStartTls(after("(wait 5ms)\nS: 250 evil")), {
      level: "encrypt",
    });
    expect(outcome).toMatchObject({ kind: "tls-failed", cause: "the server answered in the clear" });
  });
});

test("a greeting that begins with 554 and ends with 220 is welcome, however long EHLO takes then", async () => {
  const { outcome } = await playDialogue(
    async (client) => {
      await client.play("S: 554-not yet\n(wait 20ms)\nS: 220 now");
      await client.line();
      await Bun.sleep(150);
      await client.say("250 mx.test");
      await client.over();
    },
    { quitAfter: "ehlo" },
  );
  expect(outcome.kind).toBe("reached");
});

describe("a refusal without its line end, and then the end, is that of its stage:", () => {
  test.each<[string, readonly string[], Partial<DialogueTerms>, object]>([
    [
      "EHLO",
      [GREETING, "C: EHLO me.test\nS| 550 no\n(wait 5ms)\n(close)"],
      {},
      { kind: "closed", stage: "ehlo" },
    ],
    [
      "STARTTLS",
      [GREETING, EHLO, "C: STARTTLS\nS| 454 no\n(wait 5ms)\n(close)"],
      { level: "encrypt" },
      { kind: "tls-failed", reply: { code: 454, complete: false } },
    ],
    [
      "RCPT",
      [GREETING, EHLO, MAIL, "C: RCPT TO:<postmaster@mx.test>\nS| 550 no\n(wait 5ms)\n(close)"],
      {},
      { kind: "declined", stage: "rcpt" },
    ],
    [
      "any, by 421",
      [GREETING, "C: EHLO me.test\nS| 421 no\n(wait 5ms)\n(close)"],
      {},
      { kind: "busy", stage: "ehlo" },
    ],
  ])("%s", async (_, parts, terms, outcome) => {
    expect((await playDialogue(lines(...parts), terms)).outcome).toMatchObject(outcome);
  });
});

test("an alert behind the handshake is a handshake that has failed: TLS 1.3 tells so late that it wants a certificate of us", async () => {
  const tls = { ...identity("good"), requestCert: true, rejectUnauthorized: true, ca: identity("root").cert };
  const { outcome } = await playDialogue(
    async (client) => {
      await client.play(lines(GREETING, EHLO, "C: STARTTLS\nS: 220 go on"));
      await client.secure();
      await client.over();
    },
    { level: "encrypt", quitAfter: "starttls" },
    { tls },
  );
  expect(outcome).toMatchObject({ kind: "tls-failed", stage: "starttls" });
});

describe("a dialogue that is out of step is no SMTP", () => {
  const REFUSED = "C: RCPT TO:<postmaster@mx.test>\nS: 550 5.1.1 nobody";

  test.each<[string, readonly string[], Partial<DialogueTerms>]>([
    ["a second greeting answers EHLO", [GREETING, "C: EHLO me.test\nS: 220 mx.test again"], {}],
    [
      "a greeting comes again under TLS",
      [GREETING, EHLO, "C: STARTTLS\nS: 220 go on\n(tls)", "C: EHLO me.test\nS: 220 mx.test again"],
      { level: "encrypt" },
    ],
    ["221 answers EHLO", [GREETING, "C: EHLO me.test\nS: 221 bye"], { quitAfter: "ehlo" }],
    ["221 answers RCPT", [GREETING, EHLO, MAIL, "C: RCPT TO:<postmaster@mx.test>\nS: 221 closing"], {}],
    ["octets follow the answer to RCPT", [GREETING, EHLO, MAIL, `${RCPT}\nS: 550 5.1.1 nobody`], {}],
    ["octets follow the answer to MAIL", [GREETING, EHLO, `${MAIL}\nS: 550 no`], { quitAfter: "mail" }],
    ["octets follow the last answer to EHLO", [GREETING, `${EHLO}\nS: 550 no`], { quitAfter: "ehlo" }],
    [
      "octets follow an answer that is as long as is read",
      [GREETING, EHLO, `${longReply("C: MAIL FROM:<>", 4_096)}\nS: 550 nobody`],
      {},
    ],
  ])("when %s", async (_, parts, terms) => {
    const { outcome } = await playDialogue(lines(...parts), terms);
    expect(outcome.kind).toBe("not-smtp");
  });

  test("and a refused recipient stays refused", async () => {
    const { outcome } = await playDialogue(lines(GREETING, EHLO, MAIL, REFUSED, RSET, QUIT));
    expect(outcome).toMatchObject({ kind: "declined", stage: "rcpt" });
  });

  test.each([251, 252])("but %i to RCPT is a success (RFC 5321 §4.3.2)", async (code) => {
    const answer = `C: RCPT TO:<postmaster@mx.test>\nS: ${code} fine`;
    const { outcome } = await playDialogue(lines(GREETING, EHLO, MAIL, answer, RSET, QUIT));
    expect(outcome.kind).toBe("reached");
  });
});

test("a dialogue does not wait long for the answer to RSET, which changes nothing", async () => {
  const beganAtMs = performance.now();
  const { outcome } = await playDialogue(lines(GREETING, EHLO, MAIL, RCPT, "C: RSET"));
  expect(outcome).toMatchObject({ kind: "reached", stage: "rcpt" });
  expect(performance.now() - beganAtMs).toBeLessThan(3_000);
});

/** The answer 250 to a command in lines, of so many octets. */
function longReply(command: string, octets: number): string {
  const line = `S: 250-${"x".repeat(94)}`;
  const count = Math.floor(octets / 100) - 1;
  const left = octets - count * 100 - "250 \r\n".length;
  return lines(command, ...new Array<string>(count).fill(line), `S: 250 ${"x".repeat(left)}`);
}
