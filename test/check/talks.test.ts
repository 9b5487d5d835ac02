import { expect, test } from "bun:test";
import type { CheckOptions } from "../../src/check/options.ts";
import { GREETINGS, isGreetingAlone } from "../../src/check/talks.ts";
import { GREETING_ALONE } from "../../src/smtp/greeting.ts";

const TARGET = { server: "mx.test", host: "mx.test", port: 25, preference: null };

test("GREETINGS has one talk for all, and one question", () => {
  expect(GREETINGS.with(TARGET)).toBe(GREETING_ALONE);
  expect(GREETINGS.mannersOf(TARGET)).toEqual([""]);
});

test.each<[CheckOptions]>([
  [{}],
  [{ quitAfter: "greeting" }],
  [{ timeoutMs: 1, family: 4, sort: true, requirement: "all" }],
])("isGreetingAlone(%j) is true", (options) => {
  expect(isGreetingAlone(options)).toBe(true);
});

test.each<[string, CheckOptions]>([
  ["a later stage", { quitAfter: "ehlo" }],
  ["TLS", { tls: { implicit: true } }],
  ["a login", { auth: { user: "u", secret: "s" } }],
  ["helo", { helo: "me.test" }],
  ["a sender", { from: "" }],
  ["a recipient", { to: "a@b.test" }],
  ["LMTP", { lmtp: true }],
  ["PROXY", { proxyProtocol: true }],
  ["an extension", { expect: [] }],
  ["a transcript", { onTranscript: () => {} }],
  ["every address", { everyAddress: true }],
])("isGreetingAlone() is false with %s", (_, options) => {
  expect(isGreetingAlone(options)).toBe(false);
});
