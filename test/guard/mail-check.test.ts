import { describe, expect, test } from "bun:test";
import { textOf } from "../../src/guard/finding.ts";
import { judgeMail } from "../../src/guard/mail-check.ts";
import type { AttemptOutcome, Stage } from "../../src/smtp/attempt.ts";
import type { Reply } from "../../src/smtp/reply.ts";

function reply(text: string): Reply {
  const [, code = "", rest = ""] = /^(\d+) ?(.*)$/s.exec(text) ?? [];
  return { code: Number(code), lines: rest.split("\n"), complete: true };
}

/** What a conversation comes to that ends with this reply. */
function answered(
  kind: "declined" | "deferred" | "busy" | "reached",
  stage: Stage,
  text: string,
): AttemptOutcome {
  const rest = { stage, reply: reply(text) } as const;
  const outcomes: Readonly<Record<typeof kind, AttemptOutcome>> = {
    declined: { kind: "declined", ...rest },
    deferred: { kind: "deferred", ...rest },
    busy: { kind: "busy", ...rest },
    reached: { kind: "reached", ...rest },
  };
  return outcomes[kind];
}

describe("judgeMail() a refused recipient", () => {
  test.each([
    ["550 5.1.1 User unknown", "takes-mail"],
    ["550 no", "takes-mail"],
    ["551 5.7.1 Relaying denied", "takes-mail"],
    ["552 5.2.2 Mailbox full", "takes-mail"],
    ["554 5.7.1 Client host rejected", "takes-mail"],
    ["530 5.7.0 Must issue a STARTTLS command first", "takes-mail"],
    ["550 5.3.2 System not accepting network messages", "takes-mail"],
    ["450 4.2.0 Greylisted, come back", "takes-mail"],
    ["450 4.7.1 Greylisted", "takes-mail"],
    ["450 4.1.1 User unknown in local recipient table", "takes-mail"],
    ["450 try later", "takes-mail"],
    ["450", "takes-mail"],
    ["451 4.2.1 Mailbox busy", "takes-mail"],
    ["451 4.7.1 Greylisting in action", "takes-mail"],
    ["451 4.7.500 Server busy", "takes-mail"],
    ["450 4.3.2 Service currently unavailable", "takes-none"],
    ["450 4.3.0 Queue down", "takes-none"],
    ["451 4.3.0 Temporary lookup failure", "takes-none"],
    ["451 4.3.5 Server configuration problem", "takes-none"],
    ["451 4.4.1 No answer", "takes-none"],
    ["451 Local error", "takes-none"],
    ["451", "takes-none"],
    ["451 4.20.1 no such subject", "takes-none"],
    ["451 5.7.1 of another class", "takes-none"],
    ["452 4.3.1 Insufficient system storage", "takes-none"],
    ["452 4.2.2 Over quota", "takes-none"],
    ["452", "takes-none"],
    ["454 4.7.0 TLS not available", "takes-mail"],
    ["499 strange", "takes-mail"],
  ] as const)("%s: %s", (text, finding) => {
    const kind = text.startsWith("4") ? "deferred" : "declined";
    expect(judgeMail(answered(kind, "rcpt", text))).toEqual({ finding, reply: text });
  });

  test("goes by the last of several lines, and shows them all in one", () => {
    const outcome = answered("deferred", "rcpt", "451 4.3.0 Busy\n4.7.1 Greylisted");
    expect(judgeMail(outcome)).toEqual({ finding: "takes-mail", reply: "451 4.3.0 Busy 4.7.1 Greylisted" });
  });
});

describe("judgeMail() a refusal before the recipient", () => {
  test.each([
    ["deferred", "mail", "452 4.3.1 Insufficient system storage", "takes-none"],
    ["deferred", "mail", "450 4.7.1 Greylisted", "takes-none"],
    ["deferred", "mail", "451 4.2.0 Later", "takes-none"],
    ["declined", "mail", "550 5.7.1 Go away", "takes-none"],
    ["declined", "mail", "554 5.3.2 Shutting down", "takes-none"],
    ["declined", "mail", "530 5.7.0 Must issue a STARTTLS command first", "takes-mail"],
    ["declined", "ehlo", "530 STARTTLS first", "takes-mail"],
    ["declined", "ehlo", "502 Command not implemented", "takes-none"],
    ["declined", "ehlo", "450 Not now", "takes-none"],
    ["busy", "ehlo", "421 4.3.2 Shutting down", "takes-none"],
    ["busy", "mail", "421 4.7.0 Too many errors", "takes-none"],
    ["busy", "rcpt", "421 4.3.2 Shutting down", "takes-none"],
  ] as const)("%s at %s with %s: %s", (kind, stage, text, finding) => {
    expect(judgeMail(answered(kind, stage, text))).toEqual({ finding, reply: text });
  });
});

describe("judgeMail() whatever else a dialogue comes to", () => {
  test.each<[AttemptOutcome, "takes-mail" | "takes-none" | "unknown", string]>([
    [answered("reached", "rcpt", "250 2.1.5 Ok"), "takes-mail", "250 2.1.5 Ok"],
    [{ kind: "greeted", reply: reply("220 mx ESMTP") }, "takes-mail", "220 mx ESMTP"],
    [{ kind: "closed", stage: "ehlo" }, "takes-none", "closed"],
    [{ kind: "closed", stage: "rcpt" }, "takes-none", "closed"],
    [{ kind: "reset", stage: "mail" }, "takes-none", "reset"],
    [{ kind: "timed-out", stage: "mail" }, "takes-none", "timed-out"],
    [{ kind: "not-smtp", stage: "ehlo", text: "HTTP/1.1 400" }, "takes-none", "not-smtp"],
    [{ kind: "extension-missing", stage: "mail", extension: "SMTPUTF8" }, "unknown", "extension-missing"],
    [{ kind: "no-resources", cause: "EMFILE" }, "unknown", "no-resources"],
  ])("%j: %s", (outcome, finding, said) => {
    expect(judgeMail(outcome)).toEqual({ finding, reply: said });
  });
});

test.each([
  ["250", "250"],
  ["250 ", "250"],
  ["250 Ok", "250 Ok"],
  ["250 a\nb\nc", "250 a b c"],
])("textOf(%j) is %j", (text, said) => {
  expect(textOf(reply(text))).toBe(said);
});
