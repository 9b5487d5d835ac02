import { describe, expect, test } from "bun:test";
import type { Finding } from "../../src/guard/health.ts";
import type { MailFinding } from "../../src/guard/mail-health.ts";
import type { Patience } from "../../src/guard/slowness.ts";
import { visiting } from "../../src/guard/visit.ts";
import { blackhole, refusedPort } from "../fake/dead-port.ts";
import { type FakeSmtpServer, fakeSmtpServer } from "../fake/smtp-server.ts";

const PATIENT: Patience = {
  connectMs: undefined,
  firstLineMs: 2_000,
  answerMs: 2_000,
  restMs: 2_000,
  isQuick: true,
};

interface Visited {
  readonly findings: readonly Finding["kind"][];
  readonly mail: readonly (readonly [MailFinding, string])[];
  /** What had been found when the first finding came, in octets received from us. */
  readonly isOver: boolean;
}

/** Probes to the end. */
function visit(
  { hostname, port }: { readonly hostname: string; readonly port: number },
  { patience = PATIENT, mailDomain }: { readonly patience?: Patience; readonly mailDomain?: string } = {},
): Promise<Visited> {
  const findings: Finding["kind"][] = [];
  const mail: (readonly [MailFinding, string])[] = [];
  const { promise, resolve } = Promise.withResolvers<Visited>();
  const probe = visiting({ timeoutMs: 2_000, helo: "mx9.example.test" });
  probe({ address: hostname, port }, patience, mailDomain, {
    found: ({ kind }) => findings.push(kind),
    foundRest() {},
    alive() {},
    foundMail: (finding, reply) => mail.push([finding, reply]),
    over: () => resolve({ findings, mail, isOver: true }),
  });
  return promise;
}

describe("visiting()", () => {
  test.each<[string, string, Finding["kind"]]>([
    ["a greeting", "S: 220 mx.example.test\nC: QUIT\nS: 221 bye\n(close)", "greeted"],
    ["421", "S: 421 too many\n(close)", "busy"],
    ["another 4xx", "S: 450 later\nC: QUIT\n(close)", "busy"],
    ["a code that is no greeting's", "S: 250 hello\nC: QUIT\n(close)", "failed"],
    ["554", "S: 554 no\nC: QUIT\n(close)", "failed"],
    ["no SMTP", "S: SSH-2.0-x\n(close)", "failed"],
    ["an end without a greeting", "(close)", "failed"],
    ["a reset", "(wait 1ms)\n(reset)", "failed"],
  ])("finds what %s means", async (_, script, kind) => {
    using server = fakeSmtpServer(script);
    expect(await visit(server)).toEqual({ findings: [kind], mail: [], isOver: true });
    expect(server.complaints).toEqual([]);
  });

  test.each([1, 2, 3, 7])(
    "finds a greeting that comes %p octets at a time, and says QUIT once",
    async (cutEvery) => {
      using server = fakeSmtpServer("S: 220-mx.example.test\nS: 220 ready\nC: QUIT\nS: 221 bye\n(close)", {
        cutEvery,
      });
      expect((await visit(server)).findings).toEqual(["greeted"]);
      expect(await server.ended()).toBe("QUIT\r\n");
    },
  );

  test("tells of a 220- before the rest of the greeting, and says nothing until that is whole", async () => {
    using server = fakeSmtpServer("S: 220-teaser\n(wait 150ms)\nS: 220 ready\nC: QUIT\nS: 221 bye\n(close)");
    const { promise, resolve } = Promise.withResolvers<string>();
    const over = Promise.withResolvers<void>();
    visiting({ timeoutMs: 1_000, helo: null })(addressOf(server), PATIENT, undefined, {
      found: () => resolve(server.received.join("")),
      foundRest() {},
      alive() {},
      foundMail() {},
      over: over.resolve,
    });
    expect(await promise).toBe("");
    await over.promise;
    expect(await server.ended()).toBe("QUIT\r\n");
    expect(server.complaints).toEqual([]);
  });

  test.each([
    ["never comes", "S: 220-teaser\n(wait 20ms)\n(close)"],
    ["is a refusal", "S: 220-teaser\n(wait 20ms)\nS: 554 no\n(close)"],
  ])("finds a greeting all the same whose rest %s", async (_, script) => {
    using server = fakeSmtpServer(script);
    expect((await visit(server)).findings).toEqual(["greeted"]);
  });

  test("gives up on a first line after its limit, and closes", async () => {
    using server = fakeSmtpServer("(wait 5000ms)");
    const patience = { connectMs: undefined, firstLineMs: 50, answerMs: 50, restMs: 50, isQuick: false };
    expect((await visit(server, { patience })).findings).toEqual(["failed"]);
    expect(await server.ended()).toBe("");
  });

  test("fails at a closed port", async () => {
    using dead = refusedPort();
    expect((await visit(dead)).findings).toEqual(["failed"]);
  });

  test("gives up on a connection after its limit", async () => {
    using hole = blackhole();
    const beganAtMs = performance.now();
    expect(
      (
        await visit(hole, {
          patience: { connectMs: 60, firstLineMs: 60_000, answerMs: 60_000, restMs: 60_000, isQuick: true },
        })
      ).findings,
    ).toEqual(["failed"]);
    expect(performance.now() - beganAtMs).toBeLessThan(2_000);
  });

  test("lets the slow and the unknown have half of the places, and the quick the others", async () => {
    using tarpit = fakeSmtpServer("");
    using quick = fakeSmtpServer("S: 220 mx\nC: QUIT\n(close)");
    const probe = visiting({ timeoutMs: 20_000, helo: null });
    const visitor = { found() {}, foundRest() {}, alive() {}, foundMail() {}, over() {} };
    const slow = { ...PATIENT, firstLineMs: 20_000, isQuick: false };
    const probes = Array.from({ length: 300 }, () => probe(addressOf(tarpit), slow, undefined, visitor));
    try {
      while (tarpit.connectionCount < 128) await Bun.sleep(1);
      expect((await visit(quick)).findings).toEqual(["greeted"]);
      expect(tarpit.connectionCount).toBe(128);
    } finally {
      for (const each of probes) each.cancel();
    }
    expect((await visit(quick, { patience: { ...PATIENT, isQuick: false } })).findings).toEqual(["greeted"]);
  });

  test("tells nothing after a cancel, and closes", async () => {
    using server = fakeSmtpServer("(wait 5000ms)");
    const told: string[] = [];
    const probe = visiting({ timeoutMs: 1_000, helo: null })(addressOf(server), PATIENT, undefined, {
      found: ({ kind }) => told.push(kind),
      foundRest: () => told.push("rest"),
      alive: () => told.push("alive"),
      foundMail: () => told.push("mail"),
      over: () => told.push("over"),
    });
    while (server.connectionCount === 0) await Bun.sleep(1);
    probe.cancel();
    expect(await server.ended()).toBe("");
    expect(told).toEqual([]);
  });

  describe("for a mail check", () => {
    const BEGIN = "S: 220 mx\nC: EHLO mx9.example.test\nS: 250 mx\nC: MAIL FROM:<>\n";
    const RCPT = `${BEGIN}S: 250 ok\nC: RCPT TO:<postmaster@example.test>\n`;
    const END = "C: RSET\nS: 250 ok\nC: QUIT\nS: 221 bye\n(close)";

    test.each<[string, string, MailFinding]>([
      ["250 to RCPT", `${RCPT}S: 250 ok\n${END}`, "takes-mail"],
      ["550 to RCPT", `${RCPT}S: 550 5.1.1 nobody\n${END}`, "takes-mail"],
      ["450 4.2.0 to RCPT", `${RCPT}S: 450 4.2.0 greylisted\n${END}`, "takes-mail"],
      ["451 4.7.1 to RCPT", `${RCPT}S: 451 4.7.1 greylisted\n${END}`, "takes-mail"],
      ["451 without more to RCPT", `${RCPT}S: 451 local error\n${END}`, "takes-none"],
      ["452 to RCPT", `${RCPT}S: 452 4.3.1 full\n${END}`, "takes-none"],
      ["450 4.3.2 to RCPT", `${RCPT}S: 450 4.3.2 later\n${END}`, "takes-none"],
      ["421 to RCPT", `${RCPT}S: 421 4.3.2 bye\n(close)`, "takes-none"],
      ["an end at RCPT", `${RCPT}(close)`, "takes-none"],
      ["452 to MAIL", `${BEGIN}S: 452 4.3.1 full\nC: QUIT\nS: 221 bye\n(close)`, "takes-none"],
      ["550 to MAIL", `${BEGIN}S: 550 no\nC: QUIT\nS: 221 bye\n(close)`, "takes-none"],
      [
        "530 to MAIL",
        `${BEGIN}S: 530 5.7.0 Must issue a STARTTLS command first\nC: QUIT\n(close)`,
        "takes-mail",
      ],
      [
        "554 to EHLO and HELO",
        "S: 220 mx\nC: EHLO mx9.example.test\nS: 554 no\nC: HELO mx9.example.test\nS: 554 no\nC: QUIT\n(close)",
        "takes-none",
      ],
      ["an end after the greeting", "S: 220 mx\nC: EHLO mx9.example.test\n(close)", "takes-none"],
    ])("finds what %s means", async (_, script, finding) => {
      using server = fakeSmtpServer(script);
      const visited = await visit(server, { mailDomain: "example.test" });
      expect(visited.findings).toEqual(["greeted"]);
      expect(visited.mail.map(([found]) => found)).toEqual([finding]);
      expect(server.complaints).toEqual([]);
    });

    test.each([1, 3])("hears a greeting of two lines that comes %p octets at a time", async (cutEvery) => {
      using server = fakeSmtpServer(`S: 220-mx\n${RCPT}S: 250 ok\n${END}`, { cutEvery });
      expect((await visit(server, { mailDomain: "example.test" })).mail).toEqual([["takes-mail", "250 ok"]]);
      expect(server.complaints).toEqual([]);
    });

    test.each([
      ["ends before it is whole", "S: 220-teaser\n(wait 20ms)\n(close)"],
      ["turns into a refusal", "S: 220-teaser\n(wait 20ms)\nS: 554 no\n(close)"],
    ])("says nothing of mail when the greeting %s", async (_, script) => {
      using server = fakeSmtpServer(script);
      const visited = await visit(server, { mailDomain: "example.test" });
      expect([visited.findings, visited.mail.map(([found]) => found)]).toEqual([["greeted"], ["unknown"]]);
    });

    test("gives up on an answer after its limit, and closes", async () => {
      using server = fakeSmtpServer(BEGIN);
      const patience = { ...PATIENT, answerMs: 60 };
      expect(await visit(server, { patience, mailDomain: "example.test" })).toMatchObject({
        findings: ["greeted"],
        mail: [["takes-none", "timed-out"]],
      });
      expect(await server.ended()).toBe("EHLO mx9.example.test\r\nMAIL FROM:<>\r\n");
    });

    test("says QUIT to who takes a while to answer RSET", async () => {
      using server = fakeSmtpServer(
        `${RCPT}S: 250 ok\nC: RSET\n(wait 700ms)\nS: 250 ok\nC: QUIT\nS: 221 bye\n(close)`,
      );
      expect((await visit(server, { mailDomain: "example.test" })).mail).toEqual([["takes-mail", "250 ok"]]);
      expect(await server.ended()).toEndWith("RSET\r\nQUIT\r\n");
    });

    test("finds a failure where there is no greeting", async () => {
      using server = fakeSmtpServer("S: 554 no\nC: QUIT\n(close)");
      expect(await visit(server, { mailDomain: "example.test" })).toMatchObject({
        findings: ["failed"],
        mail: [],
      });
    });
  });
});

function addressOf({ hostname, port }: FakeSmtpServer) {
  return { address: hostname, port };
}
