import type { Decision, Question } from "../../src/guard/question.ts";

/** Decides as a test says, and keeps what was asked. */
export class FakeDecide {
  readonly questions: Question[] = [];
  readonly #decided: ((decision: Decision) => void)[] = [];
  /** What each recipient comes to at once; one that is left out waits for {@link settle}. */
  readonly decisions = new Map<string, Decision>();

  readonly decide = (question: Question, decided: (decision: Decision) => void): void => {
    this.questions.push(question);
    this.#decided.push(decided);
    const decision = this.decisions.get(question.recipient);
    if (decision !== undefined) decided(decision);
  };

  /** Decides a question of before, by its place. */
  settle(at: number, decision: Decision): void {
    this.#decided[at]?.(decision);
  }
}
