import type { ConnectFailure } from "../net/connect-failure.ts";
import type { Endpoint } from "../net/endpoint.ts";
import type { ConnectionEnd } from "../net/listener.ts";
import type { Attempt, AttemptOutcome, Stage } from "./attempt.ts";
import { Farewell } from "./farewell.ts";
import { Line, type Speaker } from "./line.ts";
import { lastWordAfter, QUIT } from "./refusal.ts";
import type { Reply } from "./reply.ts";
import { firstLineOf } from "./reply-line.ts";
import type { Answer, Here, Party, Script, Talk, Turn } from "./script.ts";
import { Stopwatch } from "./stopwatch.ts";

/** The answer to a turn that changes nothing is waited for so long, in milliseconds. */
const FORMALITY_MS = 500;
/** Stands for the reply to nothing: a script is begun without one. */
const NO_REPLY: Reply = { code: 0, lines: [], complete: false };

/**
 * One connection on which a script is played. Every unhappy way is decided here, or by the {@link Line} and its ear:
 * declined, closed, reset, not SMTP. QUIT is said after a complete reply (RFC 5321 §4.1.1.10); nothing is said after an
 * incomplete one.
 */
export class Conversation implements Speaker {
  readonly #talk: Talk;
  readonly #untilMs: number;
  #party: Party;
  readonly #watch: Stopwatch;
  readonly #line: Line;
  #script: Script | undefined;
  #turn: Turn | undefined;
  #isLeaving = false;
  #isOutOfStep = false;
  #formality: Timer | undefined;
  #isOver = false;

  /** `untilMs` is when its time is over, on the clock of `performance.now`; a handshake may have a share of what is left. */
  constructor(endpoint: Endpoint, talk: Talk, party: Party, untilMs = Number.POSITIVE_INFINITY) {
    this.#talk = talk;
    this.#party = party;
    this.#untilMs = untilMs;
    this.#watch = new Stopwatch(endpoint, talk.takeNotes?.());
    this.#line = new Line(endpoint, talk, this);
  }

  /** What there is to say when time runs out now. */
  timedOut(): Attempt {
    return this.#watch.attest(this.#known ?? { kind: "timed-out", stage: this.#stage }, this.#turn);
  }

  /** Closes the connection at once: its time is over. */
  cancel(): void {
    this.#isOver = true;
    clearTimeout(this.#formality);
    this.#line.cut();
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

  opened(here: Here): void {
    this.#watch.opened();
    this.#script = this.#talk.script(here);
    this.#play(NO_REPLY);
  }

  failed(failure: ConnectFailure): void {
    this.#end(failure, "");
  }

  ended(how: ConnectionEnd): void {
    this.#end({ kind: how, stage: this.#stage }, "");
  }

  answered(answer: Answer): void {
    if (this.#isOver) return;
    this.#watch.answered(this.#turn, answer);
    if (this.#isLeaving) this.#endAfter(answer, { kind: "timed-out", stage: this.#stage });
    else this.#play(answer);
  }

  outOfStep(outcome: AttemptOutcome): void {
    this.#isOutOfStep = true;
    this.refused(outcome);
  }

  refused(outcome: AttemptOutcome): void {
    const isComplete = "reply" in outcome && outcome.reply?.complete === true;
    this.#end(outcome, isComplete ? QUIT : "");
  }

  get #stage(): Stage {
    return this.#turn?.stage ?? "connect";
  }

  /** What is settled whatever comes of this turn. */
  get #known(): AttemptOutcome | undefined {
    const turn = this.#isOutOfStep ? undefined : this.#turn;
    return turn !== undefined && "say" in turn ? turn.known : undefined;
  }

  #play(answer: Answer): void {
    const next = this.#script?.next(answer);
    if (next === undefined) return;
    if (next.done) this.#finish(answer, next.value);
    else this.#take(next.value);
  }

  #take(turn: Turn): void {
    this.#turn = turn;
    this.#party.reached?.(turn.stage);
    const known = this.#known;
    const { formalityMs = FORMALITY_MS } = this.#talk;
    if (known !== undefined) this.#formality = setTimeout(() => this.#end(known, ""), formalityMs);
    if ("say" in turn) this.#line.say(turn);
    else if ("secure" in turn) this.#line.secure(turn, this.#untilMs);
    else turn.work.then((result) => this.answered({ result }));
  }

  /** Octets behind the last reply belong to none: which of the replies answered what cannot be told. */
  #finish(answer: Answer, outcome: AttemptOutcome): void {
    const { rest } = this.#line;
    if (outcome.kind !== "reached" || rest === "") this.#endAfter(answer, outcome);
    else this.outOfStep({ kind: "not-smtp", stage: this.#stage, text: firstLineOf(rest) });
  }

  #endAfter(answer: Answer, outcome: AttemptOutcome): void {
    this.#end(outcome, lastWordAfter(answer, this.#watch.isGreeted));
  }

  /** Settles before it closes: closing calls the handler of the end at once. */
  #end(outcome: AttemptOutcome, lastWord: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#formality);
    this.#party.settled(this.#watch.attest(this.#known ?? outcome, this.#turn));
    this.#line.hangUp(lastWord);
  }
}
