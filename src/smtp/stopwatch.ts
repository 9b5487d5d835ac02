import type { Endpoint } from "../net/endpoint.ts";
import type { Attempt, AttemptOutcome } from "./attempt.ts";
import type { Answer, Notes, Turn } from "./script.ts";

/** Measures one conversation: its connect, its greeting, and for whoever takes notes each turn behind that. */
export class Stopwatch {
  readonly #endpoint: Endpoint;
  readonly #notes: Notes | undefined;
  readonly #startedAtMs = performance.now();
  #openedAtMs: number | null = null;
  #greetedAtMs: number | null = null;
  #turnAtMs = 0;

  constructor(endpoint: Endpoint, notes: Notes | undefined) {
    this.#endpoint = endpoint;
    this.#notes = notes;
  }

  get isOpened(): boolean {
    return this.#openedAtMs !== null;
  }

  get isGreeted(): boolean {
    return this.#greetedAtMs !== null;
  }

  opened(): void {
    this.#openedAtMs = performance.now();
    this.#turnAtMs = this.#openedAtMs;
  }

  answered(turn: Turn | undefined, answer: Answer): void {
    const nowMs = performance.now();
    if (turn?.stage === "greeting") this.#greetedAtMs = nowMs;
    else if (turn !== undefined) this.#notes?.answered(turn, answer, nowMs - this.#turnAtMs);
    this.#turnAtMs = nowMs;
  }

  /** What came of it, when the last turn has had no answer. */
  attest(outcome: AttemptOutcome, turn: Turn | undefined): Attempt {
    const nowMs = performance.now();
    const openedAtMs = this.#openedAtMs;
    const attempt = {
      endpoint: this.#endpoint,
      outcome,
      connectMs: (openedAtMs ?? nowMs) - this.#startedAtMs,
      greetingMs: openedAtMs === null ? null : (this.#greetedAtMs ?? nowMs) - openedAtMs,
    };
    return this.#notes?.attest(attempt, turn, nowMs - this.#turnAtMs) ?? attempt;
  }
}
