import { Asked, type GuardTerms } from "./asked.ts";
import type { Decide } from "./question.ts";

/** Decides about recipients; whatever goes wrong, mail flows. */
export function guard(terms: GuardTerms): Decide {
  return (question, decided) => {
    const asked = new Asked(question, terms, decided);
    try {
      asked.decide();
    } catch (error) {
      asked.fail(error);
    }
  };
}
