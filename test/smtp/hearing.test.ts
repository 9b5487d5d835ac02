import { expect, test } from "bun:test";
import { judgeReply } from "../../src/smtp/hearing.ts";
import { ReplyReader } from "../../src/smtp/reply.ts";
import type { Say } from "../../src/smtp/script.ts";

function judge(text: string, turn: Pick<Say, "stage" | "want">) {
  const reader = new ReplyReader();
  reader.pushText(text);
  return judgeReply(reader, { say: "", ...turn });
}

test.each([
  ["250-mx.test\r\n250 SIZE\r\n", "ehlo", [250], { code: 250, lines: ["mx.test", "SIZE"], complete: true }],
  ["500 what\r\n", "ehlo", "any", { code: 500, lines: ["what"], complete: true }],
  ["250\r\n", "mail", [250], { code: 250, complete: true }],
  ["220-teaser\r\n220 mx.test\r\n", "greeting", [220], { code: 220, lines: ["teaser", "mx.test"] }],
] as const)("judgeReply() goes on after %j at %s", (text, stage, want, reply) => {
  expect(judge(text, { stage, want })).toMatchObject(reply);
});

test.each([
  ["421 busy\r\n", "ehlo", "any", "busy"],
  ["220-teaser\r\n554 no\r\n", "greeting", [220], "declined"],
  ["220-teaser\r\n421 no\r\n", "greeting", [220], "busy"],
  ["450 4.2.0 grey\r\n", "rcpt", [250], "deferred"],
  ["450 no\r\n", "ehlo", [250], "declined"],
  ["550 no\r\n", "mail", [250], "declined"],
  ["250-one\r\n550 other\r\n", "ehlo", "any", "not-smtp"],
  ["250-one\r\nno code\r\n250 two\r\n", "ehlo", [250], "not-smtp"],
  [`250-${"x".repeat(5_000)}`, "ehlo", [250], "not-smtp"],
] as const)("judgeReply() ends the dialogue after %p at %s", (text, stage, want, kind) => {
  expect(judge(text, { stage, want })).toMatchObject({ kind, stage });
});
