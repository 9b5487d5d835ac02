import type { Decision, Question } from "../../src/guard/question.ts";
import type { OpenSession, Session } from "../../src/guard/session.ts";

/** A session between a client and a core that both are the test. */
export interface Asked {
  readonly session: Session;
  readonly questions: readonly Question[];
  /** All that was said, in one piece. */
  readonly said: string;
  /** Why it ended, each time that it did. */
  readonly ends: readonly (string | null)[];
  hear(...pieces: readonly (string | Uint8Array)[]): void;
  /** Decides the question that was asked as the n-th. */
  decide(at: number, decision: Decision): void;
}

/** Opens a session; `decided` answers every question at once, without it the test does. */
export function ask(open: OpenSession, decided?: (question: Question) => Decision): Asked {
  const questions: Question[] = [];
  const waiting: ((decision: Decision) => void)[] = [];
  const ends: (string | null)[] = [];
  let said = "";
  const session = open({
    decide(question, answer) {
      questions.push(question);
      waiting.push(answer);
      if (decided !== undefined) answer(decided(question));
    },
    write(text) {
      said += text;
    },
    ended: (why) => ends.push(why),
  });
  return {
    session,
    questions,
    ends,
    get said() {
      return said;
    },
    hear(...pieces) {
      for (const piece of pieces)
        session.heard(typeof piece === "string" ? Buffer.from(piece, "latin1") : piece);
    },
    decide: (at, decision) => waiting[at]?.(decision),
  };
}

/** A decision to defer, as it is by default. */
export function deferral(change: Partial<Extract<Decision, { kind: "defer" }>> = {}): Decision {
  return {
    kind: "defer",
    action: "defer-if-permit",
    server: "mx1.example.test",
    text: "Please use mx1.example.test",
    ...change,
  };
}
