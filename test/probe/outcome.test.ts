import { expect, test } from "bun:test";
import { type ProbeOutcome, statusOf } from "../../src/probe/outcome.ts";

const reply = { code: 220, lines: [""], complete: true };

const EXPECTED = {
  available: [{ kind: "greeted", reply }],
  undetermined: [{ kind: "no-resources", cause: "EMFILE" }],
  unavailable: [
    { kind: "declined", stage: "greeting", reply: { ...reply, code: 554 } },
    { kind: "not-smtp", stage: "greeting", text: "HTTP/1.1 400 Bad Request" },
    { kind: "closed", stage: "greeting" },
    { kind: "reset", stage: "greeting" },
    { kind: "timed-out", stage: "dns" },
    { kind: "timed-out", stage: "connect" },
    { kind: "timed-out", stage: "greeting" },
    { kind: "refused" },
    { kind: "unreachable", cause: "ENETUNREACH" },
    { kind: "not-found" },
    { kind: "dns-failure", cause: "ESERVFAIL" },
  ],
  skipped: [
    { kind: "skipped", why: "stop-host" },
    { kind: "skipped", why: "same-preference" },
    { kind: "skipped", why: "after-stop" },
  ],
} as const satisfies Readonly<Record<ReturnType<typeof statusOf>, readonly ProbeOutcome[]>>;

test.each(
  Object.entries(EXPECTED).flatMap(([expected, outcomes]) =>
    outcomes.map((outcome) => [outcome, expected] as const),
  ),
)("statusOf() %j is %s", (outcome, expected) => {
  expect<string>(statusOf(outcome)).toBe(expected);
});
