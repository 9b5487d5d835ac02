import type { ConnectFailure } from "../net/connect-failure.ts";
import { Connection, type ConnectionEnd, type Listener } from "../net/connection.ts";
import type { Endpoint } from "../net/endpoint.ts";
import type { Attempt, AttemptOutcome } from "./attempt.ts";
import { Farewell } from "./farewell.ts";
import { type Reply, ReplyReader } from "./reply.ts";
import type { Script, Turn } from "./script.ts";

/** How long the rest of a reply's text is waited for when its code has already said no. */
const LATE_TEXT_MS = 100;
/** Stands for the reply to nothing: a script is begun without one. */
const NO_REPLY: Reply = { code: 0, lines: [], complete: false };

/** Whoever a conversation is held for. */
export interface Party {
  /** Called once with what came of it, from the socket's own handlers; never by a constructor, nor after a cancel. */
  settled(attempt: Attempt): void;
}

/**
 * One connection on which a script is played. Every unhappy way is decided here: declined, closed, reset, not SMTP.
 * QUIT is said after a complete reply (RFC 5321 §4.1.1.10) and its answer is not waited for; nothing is said after an
 * incomplete one.
 */
export class Conversation implements Listener {
  readonly #endpoint: Endpoint;
  readonly #script: Script;
  #party: Party;
  readonly #startedAtMs = performance.now();
  readonly #connection: Connection;
  #openedAtMs: number | null = null;
  #reader = new ReplyReader();
  #turn: Turn | undefined;
  #lateText: Timer | undefined;
  #isOver = false;

  constructor(endpoint: Endpoint, script: Script, party: Party) {
    this.#endpoint = endpoint;
    this.#script = script;
    this.#party = party;
    this.#connection = new Connection(endpoint, this);
  }

  /** What there is to say when time runs out now. */
  timedOut(): Attempt {
    return this.#evidence({ kind: "timed-out", stage: this.#turn?.stage ?? "connect" });
  }

  /** Closes the connection at once: its time is over. */
  cancel(): void {
    this.#isOver = true;
    clearTimeout(this.#lateText);
    this.#connection.terminate();
  }

  /**
   * Nobody wants to know any more, but its time is not over: a server that has accepted the connection may greet and
   * hear QUIT, lest it log a client that was lost; a connection still being made is closed. It may be made already, and
   * only the news be late.
   */
  takeLeave(left: () => void): void {
    if (this.#isOver) {
      left();
      return;
    }
    const farewell = new Farewell(() => this.cancel(), left);
    this.#party = farewell;
    if (this.#openedAtMs === null) farewell.unless(() => this.#openedAtMs !== null);
  }

  opened(): void {
    this.#openedAtMs = performance.now();
    this.#play(NO_REPLY);
  }

  failed(failure: ConnectFailure): void {
    this.#end(failure, "");
  }

  heard(octets: Uint8Array): void {
    if (this.#isOver) return;
    this.#reader.push(octets);
    this.#judge();
  }

  ended(how: ConnectionEnd): void {
    if (this.#lateText !== undefined) this.#refuse();
    else
      this.#end(how === "reset" ? { kind: how, stage: this.#turn?.stage ?? "connect" } : { kind: how }, "");
  }

  /** Goes on with the next turn, of which an early reply may be there already. */
  #play(reply: Reply): void {
    const next = this.#script.next(reply);
    if (next.done) {
      this.#end(next.value, reply.complete ? "QUIT\r\n" : "");
      return;
    }
    this.#turn = next.value;
    if (next.value.say === "") return;
    const early = this.#reader.rest;
    this.#reader = new ReplyReader();
    this.#connection.say(next.value.say);
    this.#reader.pushText(early);
    this.#judge();
  }

  #judge(): void {
    const { start, finished } = this.#reader;
    if (start === "unknown" || this.#turn === undefined) return;
    if (start === "not-smtp" || !this.#turn.want.includes(start)) {
      if (finished) this.#refuse();
      else this.#lateText ??= setTimeout(() => this.#refuse(), LATE_TEXT_MS);
    } else if (this.#turn.hear === "code" || finished) {
      this.#play(this.#reader.reply(start));
    }
  }

  /** What was said is not what was wanted. */
  #refuse(): void {
    const { start, firstLine } = this.#reader;
    if (typeof start === "string") {
      this.#end({ kind: "not-smtp", text: firstLine }, "");
      return;
    }
    const reply = this.#reader.reply(start);
    this.#end({ kind: "declined", reply }, reply.complete ? "QUIT\r\n" : "");
  }

  /** Settles before it closes: closing calls the handler of the end at once. */
  #end(outcome: AttemptOutcome, lastWord: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#lateText);
    this.#party.settled(this.#evidence(outcome));
    this.#connection.end(lastWord);
  }

  #evidence(outcome: AttemptOutcome): Attempt {
    const nowMs = performance.now();
    const openedAtMs = this.#openedAtMs;
    return {
      endpoint: this.#endpoint,
      outcome,
      connectMs: (openedAtMs ?? nowMs) - this.#startedAtMs,
      greetingMs: openedAtMs === null ? null : nowMs - openedAtMs,
    };
  }
}
