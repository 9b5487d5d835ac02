import { expect, test } from "bun:test";
import { parseOutcome } from "../../src/cache/parse-outcome.ts";
import { keptOutcomes } from "./cache-fixtures.ts";

const reply = { code: 554, lines: ["no"], complete: true };
const tooLong = "x".repeat(4_097);

test.each(keptOutcomes.map((outcome) => [outcome.kind, outcome] as const))(
  "parseOutcome() reads an outcome of the kind %s",
  (_, outcome) => {
    expect(parseOutcome(outcome)).toEqual(outcome);
  },
);

test("parseOutcome() leaves out what it does not know", () => {
  expect(parseOutcome({ kind: "refused", stage: "dns", x: 1 })).toEqual({ kind: "refused" });
});

test("parseOutcome() reads a cause of several words", () => {
  const outcome = { kind: "dns-failure", cause: "answer cut off, ESERVFAIL" } as const;
  expect(parseOutcome(outcome)).toEqual(outcome);
});

test.each<[unknown]>([
  [undefined],
  [null],
  [[]],
  ["greeted"],
  [{}],
  [{ kind: "fine" }],
  [{ kind: "__proto__" }],
  [{ kind: "no-resources", cause: "EMFILE" }],
  [{ kind: "skipped", why: "stop-host" }],
  [{ kind: "greeted" }],
  [{ kind: "greeted", reply }],
  [{ kind: "declined", stage: "greeting", reply: { ...reply, code: 220 } }],
  [{ kind: "declined", stage: "greeting", reply: { ...reply, code: 199 } }],
  [{ kind: "declined", stage: "greeting", reply: { ...reply, code: 1e9 } }],
  [{ kind: "declined", stage: "greeting", reply: { ...reply, code: "554" } }],
  [{ kind: "declined", stage: "greeting", reply: { ...reply, complete: 1 } }],
  [{ kind: "declined", stage: "greeting", reply: { ...reply, lines: "no" } }],
  [{ kind: "declined", stage: "greeting", reply: { ...reply, lines: ["no", 5] } }],
  [{ kind: "declined", stage: "greeting", reply: { ...reply, lines: [tooLong] } }],
  [
    {
      kind: "declined",
      stage: "greeting",
      reply: { ...reply, lines: Array.from({ length: 5_000 }, () => "") },
    },
  ],
  [{ kind: "not-smtp" }],
  [{ kind: "not-smtp", stage: "greeting", text: tooLong }],
  [{ kind: "timed-out" }],
  [{ kind: "timed-out", stage: "toString" }],
  [{ kind: "reset", stage: 1 }],
  [{ kind: "unreachable" }],
  [{ kind: "unreachable", cause: "E\u001b[31m" }],
  [{ kind: "dns-failure", cause: "E".repeat(201) }],
  [{ kind: "dns-failure", cause: 5 }],
])("parseOutcome() takes %j for nothing", (value) => {
  expect(parseOutcome(value)).toBeUndefined();
});
