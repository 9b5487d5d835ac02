import type { Deadline, Limited } from "../limits/deadline.ts";
import type { Attempt, Stage } from "../smtp/attempt.ts";

/** Whoever asks for an attempt. */
export interface Asker {
  /**
   * It is its turn: until when does it care? Time spent waiting for a turn is our fault, not the server's. Called again
   * when the attempt is begun anew.
   */
  admitted(): Deadline;
  /** Called once, after {@link admitted}. */
  settled(attempt: Attempt): void;
  /** How far it is. */
  readonly reached?: ((stage: Stage) => void) | undefined;
}

/** One asker that waits for a shared attempt, until its own deadline. */
export class Waiter implements Limited {
  readonly #asker: Asker;
  #deadline: Deadline;
  readonly #leave: (waiter: Waiter) => void;

  constructor(asker: Asker, deadline: Deadline, leave: (waiter: Waiter) => void) {
    this.#asker = asker;
    this.#deadline = deadline;
    this.#leave = leave;
  }

  get isCalledOff(): boolean {
    return this.#deadline.isCalledOff;
  }

  get untilMs(): number {
    return this.#deadline.atMs;
  }

  /** Its time stands still. */
  suspend(): void {
    this.#deadline.delete(this);
  }

  resume(): void {
    this.#deadline = this.#asker.admitted();
    this.#deadline.add(this);
  }

  reached(stage: Stage): void {
    this.#asker.reached?.(stage);
  }

  timeIsOver(): void {
    this.#leave(this);
  }

  tell(attempt: Attempt): void {
    this.#deadline.delete(this);
    this.#asker.settled(attempt);
  }
}
