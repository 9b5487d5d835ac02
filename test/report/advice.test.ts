import { expect, test } from "bun:test";
import type { ProbeOutcome } from "../../src/probe/outcome.ts";
import { renderAdvice } from "../../src/report/advice.ts";
import { settled, target } from "./samples.ts";

const MX1 = target("mx1");
const reply = (code: number) => ({ code, lines: ["hidden words"], complete: true });

test.each<[ProbeOutcome, string | undefined]>([
  [
    { kind: "certificate-expired", stage: "starttls", cause: "expired 3 days ago" },
    "mx1: certificate expired 3 days ago: renew it",
  ],
  [
    { kind: "certificate-untrusted", stage: "starttls", cause: "self-signed" },
    "mx1: certificate not trusted: self-signed: get one from a known authority, or give yours with --tls-ca",
  ],
  [
    { kind: "auth-failed", stage: "auth", cause: "PLAIN was refused", reply: reply(535) },
    "mx1: login failed: PLAIN was refused: see whether user and password are right; it was tried once",
  ],
  [
    { kind: "deferred", stage: "rcpt", reply: reply(450) },
    "mx1: deferred rcpt: greylisting or a passing trouble there: ask again later",
  ],
  [{ kind: "busy", stage: "greeting", reply: reply(421) }, undefined],
  [{ kind: "declined", stage: "rcpt", reply: reply(550) }, undefined],
  [{ kind: "refused" }, undefined],
])("renderAdvice() on %j", (outcome, line) => {
  expect(renderAdvice([settled(MX1, outcome)])).toEqual(line === undefined ? [] : [line]);
});

test("renderAdvice() is clean text, whatever a certificate says", () => {
  const outcome = {
    kind: "certificate-name",
    stage: "starttls",
    cause: "for \u001b[31m\r\n, not for mx1",
  } as const;
  expect(renderAdvice([settled(MX1, outcome)])[0]).toMatch(/^[\x20-\x7e]+$/);
});
