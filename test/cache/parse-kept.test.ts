import { describe, expect, test } from "bun:test";
import { parseKept } from "../../src/cache/parse-kept.ts";
import { parseJson } from "../../src/cache/record.ts";
import { kept, keptOutcomes } from "./cache-fixtures.ts";

const entry = kept({ checkedAtMs: 1_000 });
const question = entry.question;

test.each(keptOutcomes.map((outcome) => [outcome.kind, outcome] as const))(
  "parseKept() reads what JSON makes of an outcome of the kind %s",
  (_, outcome) => {
    const whole = { ...entry, outcome };
    expect(parseKept(parseJson(JSON.stringify(whole)))).toEqual(whole);
  },
);

test("parseKept() leaves out what it does not know", () => {
  const more = {
    ...entry,
    question: { ...question, x: 1 },
    outcome: { kind: "closed", stage: "greeting", x: 1 },
    x: 1,
  };
  expect(parseKept(more)).toEqual({ ...entry, outcome: { kind: "closed", stage: "greeting" } });
});

test.each([[undefined], [null], [5], ["text"], [[]], [[entry]], [{}]])(
  "parseKept() takes %j for nothing",
  (value) => {
    expect(parseKept(value)).toBeUndefined();
  },
);

describe("parseKept() takes for nothing", () => {
  test.each(["question", "outcome", "address", "checkedAtMs", "expiresAtMs", "limitMs"])(
    "an entry without %s",
    (name) => {
      expect(parseKept({ ...entry, [name]: undefined })).toBeUndefined();
    },
  );

  test.each([
    { question: null },
    { question: { ...question, host: "MX1.example.test" } },
    { question: { ...question, host: "mx1.example.test." } },
    { question: { ...question, host: "mx1\u001b[31m.test" } },
    { question: { ...question, host: "2001:DB8::1" } },
    { question: { ...question, host: "" } },
    { question: { ...question, host: 5 } },
    { question: { ...question, port: 0 } },
    { question: { ...question, port: 65_536 } },
    { question: { ...question, port: 25.5 } },
    { question: { ...question, port: "25" } },
    { question: { ...question, family: 5 } },
    { question: { ...question, family: undefined } },
    { address: "" },
    { address: "mx1.example.test" },
    { address: "192.0.2.1\n" },
    { address: 5 },
    { checkedAtMs: -1 },
    { checkedAtMs: 1.5 },
    { checkedAtMs: "1000" },
    { checkedAtMs: Number.NaN },
    { checkedAtMs: 1e300, expiresAtMs: 1e300 },
    { expiresAtMs: 999 },
    { expiresAtMs: 1_000 + 2 ** 31 },
    { expiresAtMs: Number.POSITIVE_INFINITY },
    { limitMs: 0 },
    { limitMs: -1 },
    { limitMs: 2 ** 31 },
    { limitMs: Number.NaN },
    { limitMs: "10" },
    { outcome: { kind: "fine" } },
  ])("an entry with %j", (news) => {
    expect(parseKept({ ...entry, ...news })).toBeUndefined();
  });
});
