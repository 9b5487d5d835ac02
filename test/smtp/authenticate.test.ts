import { describe, expect, test } from "bun:test";
import { MECHANISMS, type MechanismName } from "../../src/sasl/mechanisms.ts";
import type { DialogueTerms } from "../../src/smtp/terms.ts";
import { identity } from "../fake/certificates.ts";
import { holdDialogue, playDialogue } from "../fake/held-dialogue.ts";
import { ACCOUNT, type Cheat, serveAuth } from "../fake/sasl-server.ts";
import { type Play, tlsSmtpServer } from "../fake/tls-smtp-server.ts";

const NAMES = Object.keys(MECHANISMS) as MechanismName[];

function offering(mechanisms: string, play: Play): Play {
  return async (client) => {
    await client.play(`S: 220 mx.test\nC: EHLO me.test\nS: 250-mx.test\nS: 250 AUTH ${mechanisms}`);
    await play(client);
  };
}

function terms(auth: Partial<NonNullable<DialogueTerms["auth"]>> = {}): Partial<DialogueTerms> {
  return { quitAfter: "auth", auth: { ...ACCOUNT, mechanism: undefined, ...auth } };
}

/** A server that offers PLAIN, and whose part behind it is played. */
function plainly(script: string, auth: Parameters<typeof terms>[0] = {}) {
  return playDialogue(
    offering("PLAIN", (client) => client.play(script)),
    terms(auth),
  );
}

const PLAIN = `C: AUTH PLAIN ${btoa("\0user\0pencil")}`;

describe("a login", () => {
  test.each(NAMES)("by %s reaches auth", async (mechanism) => {
    const { outcome, complaints, heard, notes } = await playDialogue(
      offering(NAMES.join(" "), serveAuth),
      terms({ mechanism }),
    );
    expect(complaints).toEqual([]);
    expect(outcome).toMatchObject({ kind: "reached", stage: "auth", reply: { code: 235 } });
    expect(heard).toEndWith("QUIT\r\n");
    expect(heard).toContain(`AUTH ${mechanism}`);
    expect(notes?.isSecretUsed).toBe(true);
  });

  test.each(NAMES)("by %s with a wrong secret has failed", async (mechanism) => {
    const { outcome, heard } = await playDialogue(
      offering(NAMES.join(" "), serveAuth),
      terms({ mechanism, secret: "pen" }),
    );
    expect(outcome).toMatchObject({
      kind: "auth-failed",
      stage: "auth",
      cause: `${mechanism} was refused`,
      reply: { code: 535 },
    });
    expect(heard.match(/AUTH /g)).toHaveLength(1);
    expect(heard).toEndWith("QUIT\r\n");
  });

  test.each<[string, string]>([
    ["LOGIN PLAIN CRAM-MD5 SCRAM-SHA-256", "SCRAM-SHA-256"],
    ["LOGIN PLAIN CRAM-MD5 SCRAM-SHA-1", "CRAM-MD5"],
    ["LOGIN PLAIN", "PLAIN"],
    ["XOAUTH2 login", "LOGIN"],
  ])("of those offered, %s, takes %s", async (offered, mechanism) => {
    const { heard } = await playDialogue(offering(offered, serveAuth), terms());
    expect(heard).toContain(`AUTH ${mechanism}`);
  });

  test.each<[string, Parameters<typeof terms>[0]]>([
    ["XOAUTH2 OAUTHBEARER GSSAPI", {}],
    ["PLAIN LOGIN", { mechanism: "SCRAM-SHA-256" }],
    ["", {}],
  ])("by none of those offered, %p, tells which", async (offered, auth) => {
    const { outcome, heard, notes } = await playDialogue(
      offering(offered, (client) => client.over()),
      terms(auth),
    );
    expect(outcome).toEqual({
      kind: "auth-missing",
      stage: "auth",
      offered: offered.split(" ").filter((each) => each !== ""),
    });
    expect([heard, notes?.isSecretUsed]).toEqual(["EHLO me.test\r\nQUIT\r\n", false]);
  });

  test("under TLS uses what is offered there, not what was offered before", async () => {
    const { outcome, heardInTheClear } = await playDialogue(
      async (client) => {
        await client.play(
          "S: 220 mx.test\nC: EHLO me.test\nS: 250-mx.test\nS: 250-AUTH PLAIN\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go on",
        );
        await client.secure();
        await client.play("C: EHLO me.test\nS: 250-mx.test\nS: 250 AUTH SCRAM-SHA-256");
        await serveAuth(client);
      },
      { ...terms(), level: "verify" },
    );
    expect(outcome.kind).toBe("reached");
    expect(heardInTheClear).not.toContain("AUTH");
  });

  test("never comes to a server whose certificate is not good", async () => {
    const { outcome, heard, notes } = await playDialogue(
      async (client) => {
        await client.play(
          "S: 220 mx.test\nC: EHLO me.test\nS: 250-mx.test\nS: 250-AUTH PLAIN\nS: 250 STARTTLS",
        );
        await client.play("C: STARTTLS\nS: 220 go on");
        await client.secure();
      },
      { ...terms(), level: "verify" },
      { tls: identity("otherName") },
    );
    expect([outcome.kind, notes?.isSecretUsed]).toEqual(["certificate-name", false]);
    expect(heard).not.toContain("AUTH");
  });

  test("goes on to the recipient", async () => {
    const { outcome } = await playDialogue(
      offering("PLAIN", async (client) => {
        await serveAuth(client);
        await client.play(
          "C: MAIL FROM:<>\nS: 250 fine\nC: RCPT TO:<postmaster@mx.test>\nS: 250 fine\nC: RSET\nS: 250 fine\nC: QUIT",
        );
      }),
      { ...terms(), quitAfter: "rcpt" },
    );
    expect(outcome).toMatchObject({ kind: "reached", stage: "rcpt" });
  });
});

describe("AUTH comes to", () => {
  test.each<[number, string]>([
    [421, "busy"],
    [432, "deferred"],
    [454, "deferred"],
    [500, "auth-failed"],
    [504, "auth-failed"],
    [535, "auth-failed"],
    [538, "auth-failed"],
    [250, "auth-failed"],
  ])("%d: %s, and QUIT", async (code, kind) => {
    const { outcome, heard } = await plainly(`${PLAIN}\nS: ${code} 5.7.0 no\nC: QUIT`);
    expect(outcome).toMatchObject({ kind, stage: "auth", reply: { code } } as never);
    expect(heard).toEndWith("QUIT\r\n");
  });

  test.each<[string, string]>([
    ["(close)", "closed"],
    ["(wait 5ms)\n(reset)", "reset"],
    ["S: hello?", "not-smtp"],
    ["S: 235-welcome\nS: 535 no", "not-smtp"],
  ])("%j: %s", async (ending, kind) => {
    const { outcome, notes } = await plainly(`${PLAIN}\n${ending}`);
    expect([outcome.kind, notes?.isSecretUsed]).toEqual([kind as never, true]);
  });

  test.each<[string, string]>([
    ["is not base64", "334 hello?"],
    ["is not base64 for its length", "334 AAA"],
    ["asks for more than there is to say", "334 "],
  ])("an end by * where a challenge %s", async (_, challenge) => {
    const { outcome, heard } = await plainly(`${PLAIN}\nS: ${challenge}\nC: *\nS: 501 ended\nC: QUIT`);
    expect(outcome).toMatchObject({ kind: "auth-failed", stage: "auth", reply: null });
    expect(heard).toEndWith("*\r\nQUIT\r\n");
  });

  test("what it was, although the answer to * never comes", async () => {
    const { outcome } = await plainly(`${PLAIN}\nS: 334 ?\nC: *\n(close)`);
    expect(outcome).toMatchObject({ kind: "auth-failed", cause: "its challenge is not base64" });
  });

  test("a challenge of several lines, which is one", async () => {
    const { outcome } = await playDialogue(
      offering("LOGIN", async (client) => {
        await client.line();
        await client.say("334-VXNl", "334 cg==");
        await client.play(`C: ${btoa("user")}\nS: 334\nC: ${btoa("pencil")}\nS: 235 fine\nC: QUIT`);
      }),
      terms(),
    );
    expect(outcome.kind).toBe("reached");
  });

  test("a word that waits for a challenge where it is too long for the command (RFC 4954 §4)", async () => {
    const secret = "x".repeat(400);
    const word = btoa(`\0user\0${secret}`);
    const { outcome, complaints } = await plainly(`C: AUTH PLAIN\nS: 334\nC: ${word}\nS: 235 fine\nC: QUIT`, {
      secret,
    });
    expect({ kind: outcome.kind, complaints }).toEqual({ kind: "reached", complaints: [] });
  });

  test("no line longer than 512 octets, up to the longest word that fits", async () => {
    for (const length of [365, 366, 367, 368, 369, 370, 371, 372]) {
      const { heard } = await playDialogue(
        offering("PLAIN", serveAuth),
        terms({ secret: "x".repeat(length) }),
      );
      const [, command = ""] = heard.split("\r\n");
      expect(command.length + 2).toBeLessThanOrEqual(512);
    }
  });
});

test("a refusal of a login without its line end is one", async () => {
  const { outcome } = await playDialogue(
    offering("PLAIN", async (client) => {
      await client.line();
      await client.send(Buffer.from("535 5.7.8 no"));
      client.close();
    }),
    terms(),
  );
  expect(outcome).toMatchObject({ kind: "auth-failed", reply: { code: 535, complete: false } });
});

describe("a server does not get through", () => {
  test.each<[Cheat, string]>([
    ["wrong signature", "its signature is wrong: it does not know the password"],
    ["no signature", "its last word has no signature"],
    ["early success", "it let us in before it had asked"],
    ["another nonce", "its challenge does not belong to what was said"],
    ["few iterations", "it wants 1 iterations, not 4096 to 1000000"],
  ])("with %s by SCRAM-SHA-256", async (cheat, cause) => {
    const { outcome } = await playDialogue(
      offering("SCRAM-SHA-256", (client) => serveAuth(client, cheat)),
      terms(),
    );
    expect(outcome).toEqual({ kind: "auth-failed", stage: "auth", cause, reply: null });
  });

  test.each(["SCRAM-SHA-256", "CRAM-MD5", "LOGIN"])("with 235 at once by %s", async (mechanism) => {
    const { outcome } = await playDialogue(
      offering(mechanism, async (client) => {
        await client.line();
        await client.say("235 welcome whoever you are");
        await client.over();
      }),
      terms(),
    );
    expect(outcome.kind).toBe("auth-failed");
  });
});

describe("a secret is shown", () => {
  const SECRETS = ["pencil", "pa ss=wörd,", "x".repeat(1_500)];

  for (const secret of SECRETS) {
    test.each(NAMES)(
      `in no outcome, note or transcript by %s (${secret.slice(0, 10)})`,
      async (mechanism) => {
        const heard: string[] = [];
        const { secretHider } = await import("../../src/smtp/secret-hider.ts");
        using server = tlsSmtpServer(
          offering(NAMES.join(" "), async (client) => {
            let said = await client.line();
            if (said.split(" ").length === 2) {
              await client.say("334 ");
              said += ` ${await client.line()}`;
            }
            if (mechanism === "LOGIN") {
              await client.say("334 ");
              said += ` ${await client.line()}`;
            }
            const words = said.split(" ").slice(2);
            const decoded = words.map((word) =>
              Buffer.from(word, "base64")
                .toString()
                .replace(/\p{Cc}/gu, " "),
            );
            await client.say(...[...words, ...decoded].map((word) => `535-5.7.8 ${word} is wrong`), "535 no");
            await client.over();
          }),
        );
        const auth = { user: "user", secret };
        const redact = secretHider(auth);
        const attempt = await holdDialogue(
          server.port,
          { ...terms({ ...auth, mechanism }) },
          { redact, overhear: (who, text) => heard.push(`${who}: ${redact(text)}`) },
        );
        const all = JSON.stringify([attempt, heard]);
        expect(all).toContain("***");
        for (const [part, encoding] of everySpelling(secret))
          expect([encoding, all.includes(part)]).toEqual([encoding, false]);
      },
    );
  }
});

/** The secret in every base64 that it may stand in, and the first part of it. */
function everySpelling(secret: string): readonly (readonly [string, string])[] {
  const spellings = [0, 1, 2].map((shift) => {
    const encoded = Buffer.from(`${"\0".repeat(shift)}${secret}`).toString("base64");
    const whole = encoded.slice(Math.ceil((shift * 4) / 3), Math.max(4, encoded.length - 4));
    return [whole.slice(0, 24), `base64 shifted by ${shift}`] as const;
  });
  return [[secret.slice(0, 24), "as it is"], ...spellings].filter(([part]) => part.length >= 4) as never;
}
