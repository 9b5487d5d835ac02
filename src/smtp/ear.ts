import type { AttemptOutcome } from "./attempt.ts";
import { refusalOf } from "./refusal.ts";
import { BUSY, type Reply, ReplyReader } from "./reply.ts";
import type { Say } from "./script.ts";

/** How long the rest of a reply's text is waited for when its code has already said no. */
const LATE_TEXT_MS = 100;
/** Codes from here on are refusals, for now or for good (RFC 5321 §4.2.1). */
const LEAST_REFUSAL = 400;

/** Whoever listens. One of the two is called for each turn, once. */
export interface Hearer {
  answered(reply: Reply): void;
  /** The dialogue ends with this. */
  refused(outcome: AttemptOutcome): void;
}

/** Hears what is answered to each turn, and judges it: the code alone where that is enough, else the whole reply. */
export class Ear {
  readonly #hearer: Hearer;
  readonly #overhear: ((line: string) => void) | undefined;
  #reader = new ReplyReader();
  #turn: Say | undefined;
  #lateText: Timer | undefined;

  constructor(hearer: Hearer, overhear: ((line: string) => void) | undefined) {
    this.#hearer = hearer;
    this.#overhear = overhear;
  }

  /** What came behind the last reply, or in front of one: nobody had asked for it. */
  get rest(): string {
    return this.#reader.rest;
  }

  /** Expects the answer to a turn; where nothing was said, more of the last answer, which may have been heard already. */
  expect(turn: Say): void {
    this.#turn = turn;
    if (turn.say === "") this.#judge();
    else this.#reader = new ReplyReader();
  }

  hear(octets: Uint8Array): void {
    this.#reader.push(octets);
    this.#judge();
  }

  /** Nothing more will come: a refusal that had begun stands now. */
  end(): void {
    const { start } = this.#reader;
    const isRefused = this.#turn !== undefined && typeof start === "number" && start >= LEAST_REFUSAL;
    if (this.#lateText !== undefined || isRefused) this.#refuse();
  }

  close(): void {
    clearTimeout(this.#lateText);
  }

  #judge(): void {
    const { start, finished } = this.#reader;
    const turn = this.#turn;
    if (start === "unknown" || turn === undefined) return;
    if (turn.judge !== undefined && start !== "not-smtp") {
      if (finished) this.#judgeReply(turn.judge(this.#reader, turn));
      else if (start >= LEAST_REFUSAL && turn.want !== "any") this.#waitForText();
    } else if (start === "not-smtp" || turn.want === "any" || !turn.want.includes(start)) {
      if (finished) this.#refuse();
      else this.#waitForText();
    } else {
      this.#tell();
      this.#answer(this.#reader.reply(start));
    }
  }

  #judgeReply(heard: Reply | AttemptOutcome): void {
    this.#tell();
    if ("code" in heard) this.#answer(heard);
    else this.#hearer.refused(heard);
  }

  #answer(reply: Reply): void {
    this.close();
    this.#lateText = undefined;
    this.#turn = undefined;
    this.#hearer.answered(reply);
  }

  #waitForText(): void {
    this.#lateText ??= setTimeout(() => this.#refuse(), LATE_TEXT_MS);
  }

  /** What was said is not what was wanted. */
  #refuse(): void {
    const { start, firstLine } = this.#reader;
    const stage = this.#turn?.stage ?? "greeting";
    this.close();
    this.#tell();
    if (typeof start === "string") {
      this.#hearer.refused({ kind: "not-smtp", stage, text: firstLine });
      return;
    }
    const reply = this.#reader.reply(start);
    if (this.#turn?.want === "any" && start !== BUSY) this.#answer(reply);
    else this.#hearer.refused(refusalOf(stage, reply));
  }

  #tell(): void {
    if (this.#overhear !== undefined) for (const line of this.#reader.lines) this.#overhear(line);
  }
}
