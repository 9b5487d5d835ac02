import { expect, test } from "bun:test";
import type { AttemptOutcome, Stage } from "../../src/smtp/attempt.ts";
import { refusalOf } from "../../src/smtp/refusal.ts";

test.each<[Stage, number, AttemptOutcome["kind"]]>([
  ["greeting", 421, "busy"],
  ["ehlo", 421, "busy"],
  ["starttls", 421, "busy"],
  ["auth", 421, "busy"],
  ["mail", 421, "busy"],
  ["rcpt", 421, "busy"],
  ["greeting", 450, "declined"],
  ["ehlo", 450, "declined"],
  ["starttls", 454, "declined"],
  ["auth", 454, "deferred"],
  ["mail", 451, "deferred"],
  ["rcpt", 450, "deferred"],
  ["rcpt", 499, "deferred"],
  ["rcpt", 500, "declined"],
  ["mail", 552, "declined"],
  ["rcpt", 252, "declined"],
  ["rcpt", 354, "declined"],
])("refusalOf(%s, %d) is %s", (stage, code, kind) => {
  const reply = { code, lines: ["no"], complete: true };
  expect(refusalOf(stage, reply)).toEqual({ kind, stage, reply } as AttemptOutcome);
});
