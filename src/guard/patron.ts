import type { Client, ClientListener } from "../net/server.ts";
import type { DecisionLog } from "./decision-log.ts";
import type { Decide } from "./question.ts";
import type { OpenSession, Session, SessionIo } from "./session.ts";

/** A client that has just come will ask something within so long. */
const FIRST_QUESTION_MS = 1_000;

/** One client with its session. */
export class Patron implements ClientListener, SessionIo {
  readonly decide: Decide;
  readonly #client: Client;
  readonly #log: DecisionLog;
  readonly #session: Session;
  readonly #gone: () => void;
  readonly #isGone = Promise.withResolvers<void>();
  readonly #cameAtMs = performance.now();
  #heardAtMs = this.#cameAtMs;

  /** `gone` is called once, when the connection is closed. */
  constructor(
    client: Client,
    open: OpenSession,
    { decide, log }: { readonly decide: Decide; readonly log: DecisionLog },
    gone: () => void,
  ) {
    this.decide = decide;
    this.#client = client;
    this.#log = log;
    this.#gone = gone;
    this.#session = open(this);
  }

  get isBusy(): boolean {
    return this.#session.isBusy;
  }

  /** Whether it can be let go of: it waits for no answer, and is not about to ask its first question. */
  isIdle(nowMs: number): boolean {
    return !this.isBusy && (this.#heardAtMs > this.#cameAtMs || nowMs - this.#cameAtMs > FIRST_QUESTION_MS);
  }

  /** When it was heard last, in milliseconds of `performance.now`. */
  get heardAtMs(): number {
    return this.#heardAtMs;
  }

  /** Lets go of it as soon as it has all its answers; resolves when it is gone. */
  leaveWhenAnswered(): Promise<void> {
    this.#session.finished();
    return this.#isGone.promise;
  }

  /** Closes at once. */
  cut(): void {
    this.#client.terminate();
  }

  heard(octets: Uint8Array): void {
    this.#heardAtMs = performance.now();
    this.#session.heard(octets);
  }

  finished(): void {
    this.#session.finished();
  }

  closed(): void {
    this.#gone();
    this.#isGone.resolve();
  }

  write(text: string): void {
    this.#client.write(text);
  }

  ended(why: string | null): void {
    if (why === null) this.#client.end();
    else {
      this.#log.sayOften("warn", { msg: `a client was closed: ${why}` }, 0, null);
      this.cut();
    }
  }
}
