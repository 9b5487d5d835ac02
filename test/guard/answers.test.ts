import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Answers } from "../../src/guard/answers.ts";

function answersWritten() {
  const written: string[] = [];
  return { answers: new Answers((text) => void written.push(text)), written };
}

describe("Answers", () => {
  test("gives an answer at once when no other is before it", () => {
    const { answers, written } = answersWritten();
    answers.expect()("a");
    answers.expect()("b");
    expect([written, answers.pending]).toEqual([["a", "b"], 0]);
  });

  test("holds back what is ready too early, and then gives it in one piece", () => {
    const { answers, written } = answersWritten();
    const [first, second, third, fourth] = [
      answers.expect(),
      answers.expect(),
      answers.expect(),
      answers.expect(),
    ];
    third("3");
    second("2");
    expect([written, answers.pending]).toEqual([[], 4]);
    first("1");
    expect([written, answers.pending]).toEqual([["123"], 1]);
    fourth("4");
    expect([written, answers.pending]).toEqual([["123", "4"], 0]);
  });

  test("an empty answer takes its place, and nothing is written for it", () => {
    const { answers, written } = answersWritten();
    const [first, second] = [answers.expect(), answers.expect()];
    first("");
    expect([written, answers.pending]).toEqual([[], 1]);
    second("2");
    expect([written, answers.pending]).toEqual([["2"], 0]);
  });

  test("one that is asked for while another is written comes behind it", () => {
    const written: string[] = [];
    const answers: Answers = new Answers((text) => {
      written.push(text);
      if (written.length < 4) answers.expect()(`${text}+`);
    });
    answers.expect()("a");
    expect([written, answers.pending]).toEqual([["a", "a+", "a++", "a+++"], 0]);
  });

  test("a hundred thousand that wait for the first are given in a moment", () => {
    const { answers, written } = answersWritten();
    const fills = Array.from({ length: 100_000 }, () => answers.expect());
    const startedAtMs = performance.now();
    for (const fill of fills.toReversed()) fill("x");
    expect([written.join("").length, answers.pending]).toEqual([100_000, 0]);
    expect(performance.now() - startedAtMs).toBeLessThan(2_000);
  });
});

test("Answers come in the order of the questions, whatever the order in which they are ready", () => {
  const order = fc.uniqueArray(fc.nat({ max: 19 }), { minLength: 20, maxLength: 20 });
  fc.assert(
    fc.property(order, (ready) => {
      const { answers, written } = answersWritten();
      const fills = ready.map(() => answers.expect());
      for (const at of ready) fills[at]?.(`${at} `);
      expect(written.join("")).toBe(ready.map((_, at) => `${at} `).join(""));
    }),
  );
});
