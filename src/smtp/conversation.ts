import type { ConnectFailure } from "../net/connect-failure.ts";
import { Connection } from "../net/connection.ts";
import type { Endpoint } from "../net/endpoint.ts";
import type { ConnectionEnd, Handshake, Listener } from "../net/listener.ts";
import type { Attempt, AttemptOutcome, Stage } from "./attempt.ts";
import { Ear, type Hearer } from "./ear.ts";
import { Farewell } from "./farewell.ts";
import { beginHandshake, INJECTION } from "./handshake-turn.ts";
import { lastWordAfter, QUIT } from "./refusal.ts";
import type { Reply } from "./reply.ts";
import type { Answer, Party, Script, Secure, Talk, Turn } from "./script.ts";
import { Stopwatch } from "./stopwatch.ts";

/** Stands for the reply to nothing: a script is begun without one. */
const NO_REPLY: Reply = { code: 0, lines: [], complete: false };

/**
 * One connection on which a script is played. Every unhappy way is decided here or by its {@link Ear}: declined, closed,
 * reset, not SMTP. QUIT is said after a complete reply (RFC 5321 §4.1.1.10) and its answer is not waited for; nothing is
 * said after an incomplete one.
 */
export class Conversation implements Listener, Hearer {
  readonly #endpoint: Endpoint;
  readonly #talk: Talk;
  readonly #untilMs: number;
  #party: Party;
  readonly #watch: Stopwatch;
  readonly #ear: Ear;
  readonly #connection: Connection;
  #script: Script | undefined;
  #turn: Turn | undefined;
  #handshake: Timer | undefined;
  #goodbye: Farewell | undefined;
  #isLeaving = false;
  #isOver = false;

  /** `untilMs` is when its time is over, on the clock of `performance.now`; a handshake may have a share of what is left. */
  constructor(endpoint: Endpoint, talk: Talk, party: Party, untilMs = Number.POSITIVE_INFINITY) {
    this.#endpoint = endpoint;
    this.#talk = talk;
    this.#party = party;
    this.#untilMs = untilMs;
    this.#watch = new Stopwatch(endpoint, talk.takeNotes?.());
    const { overhear } = talk;
    this.#ear = new Ear(this, overhear && ((line) => overhear("S", line, endpoint.address)));
    this.#connection = new Connection(endpoint, this);
  }

  /** What there is to say when time runs out now. */
  timedOut(): Attempt {
    return this.#watch.attest(this.#known ?? { kind: "timed-out", stage: this.#stage }, this.#turn);
  }

  /** Closes the connection at once: its time is over. */
  cancel(): void {
    this.#isOver = true;
    this.#close();
    this.#connection.terminate();
  }

  /**
   * Nobody wants to know any more, but its time is not over: a server that has accepted the connection may end its turn
   * and hear QUIT, lest it log a client that was lost; a connection still being made is closed. It may be made already,
   * and only the news be late.
   */
  takeLeave(left: () => void): void {
    if (this.#isOver) {
      left();
      return;
    }
    const farewell = new Farewell(() => this.cancel(), left);
    this.#party = farewell;
    this.#isLeaving = true;
    if (!this.#watch.isOpened) farewell.unless(() => this.#watch.isOpened);
  }

  opened(): void {
    this.#watch.opened();
    const { prelude, script } = this.#talk;
    if (prelude !== undefined) this.#connection.say(prelude(this.#connection));
    this.#script = script(this.#connection);
    this.#play(NO_REPLY);
  }

  failed(failure: ConnectFailure): void {
    this.#end(failure, "");
  }

  heard(octets: Uint8Array): void {
    if (this.#isOver) this.#goodbye?.settled();
    else this.#ear.hear(octets);
  }

  secured(handshake: Handshake): void {
    const turn = this.#turn;
    if (this.#isOver || turn === undefined || !("secure" in turn)) return;
    clearTimeout(this.#handshake);
    const facts = turn.secure.read(handshake);
    if (typeof facts === "string") {
      this.#failHandshake(facts);
      return;
    }
    this.#talk.overhear?.("-", `${facts.protocol} ${facts.cipher}`, this.#endpoint.address);
    this.answered(facts);
  }

  ended(how: ConnectionEnd): void {
    this.#goodbye?.settled();
    const isSecuring = this.#turn !== undefined && "secure" in this.#turn;
    if (isSecuring) this.#failHandshake(`the connection was ${how} in the handshake`);
    else if (!this.#ear.end()) this.#end({ kind: how, stage: this.#stage }, "");
  }

  answered(answer: Answer): void {
    this.#watch.answered(this.#turn, answer);
    if (this.#isLeaving) this.#endAfter(answer, { kind: "timed-out", stage: this.#stage });
    else this.#play(answer);
  }

  refused(outcome: AttemptOutcome, isComplete: boolean): void {
    this.#end(outcome, isComplete ? QUIT : "");
  }

  get #stage(): Stage {
    return this.#turn?.stage ?? "connect";
  }

  /** What is settled whatever comes of this turn. */
  get #known(): AttemptOutcome | undefined {
    return this.#turn !== undefined && "say" in this.#turn ? this.#turn.known : undefined;
  }

  #play(answer: Answer): void {
    const next = this.#script?.next(answer);
    if (next === undefined) return;
    if (next.done) this.#endAfter(answer, next.value);
    else this.#take(next.value);
  }

  #take(turn: Turn): void {
    this.#turn = turn;
    this.#party.reached?.(turn.stage);
    if ("secure" in turn) {
      this.#secure(turn);
      return;
    }
    const { say, shown = say } = turn;
    if (say !== "") {
      this.#talk.overhear?.("C", shown, this.#endpoint.address);
      this.#connection.say(say);
    }
    this.#ear.expect(turn);
  }

  #secure(turn: Secure): void {
    const giveUp = () => this.#failHandshake("the handshake took too long");
    if (this.#ear.rest !== "") this.#failHandshake(INJECTION);
    else this.#handshake = beginHandshake(turn, this.#connection, this.#untilMs, giveUp);
  }

  #failHandshake(cause: string): void {
    this.#talk.overhear?.("-", `no TLS: ${cause}`, this.#endpoint.address);
    this.#end({ kind: "tls-failed", stage: "starttls", cause, reply: null }, "");
  }

  #endAfter(answer: Answer, outcome: AttemptOutcome): void {
    this.#end(outcome, lastWordAfter(answer, this.#watch.isGreeted));
  }

  /** Settles before it closes: closing calls the handler of the end at once. */
  #end(outcome: AttemptOutcome, lastWord: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#close();
    if (lastWord !== "") this.#talk.overhear?.("C", lastWord, this.#endpoint.address);
    this.#party.settled(this.#watch.attest(this.#known ?? outcome, this.#turn));
    if (lastWord === "" || this.#talk.takeNotes === undefined) this.#connection.end(lastWord);
    else this.#sayGoodbye(lastWord);
  }

  /** Past the greeting the answer is waited for a moment: Postfix never sends it when TLS ends together with QUIT. */
  #sayGoodbye(lastWord: string): void {
    this.#goodbye = new Farewell(
      () => {},
      () => this.#connection.end(""),
    );
    this.#connection.say(lastWord);
  }

  #close(): void {
    clearTimeout(this.#handshake);
    this.#ear.close();
  }
}
