import type { ConnectFailure } from "../net/connect-failure.ts";
import { Connection } from "../net/connection.ts";
import type { Endpoint } from "../net/endpoint.ts";
import type { ConnectionEnd, Handshake, Listener } from "../net/listener.ts";
import type { AttemptOutcome } from "./attempt.ts";
import { Ear, type Hearer } from "./ear.ts";
import { Farewell } from "./farewell.ts";
import { firstLineOf } from "./reply-line.ts";
import type { Answer, Here, Say, Secure, Talk } from "./script.ts";

/** Why a handshake was not begun: what came in the clear would have been taken for something said under TLS (RFC 3207 §6). */
export const INJECTION = "injection: the server, or somebody between, said more before TLS";

/** Whoever is on the line; an outcome ends the dialogue. */
export interface Speaker extends Hearer {
  opened(here: Here): void;
  answered(answer: Answer): void;
  failed(failure: ConnectFailure): void;
  /** More was said than asked for: whatever was settled before may have been the answer to something else. */
  outOfStep(outcome: AttemptOutcome): void;
  /** The far end has closed or reset the line, amid or behind a turn. */
  ended(how: ConnectionEnd): void;
}

/** The line to one server: what is said on it, in the clear or under TLS; it is its own ear, for every object counts in ten thousand greetings. */
export class Line extends Ear implements Listener {
  readonly #talk: Talk;
  readonly #address: string;
  readonly #speaker: Speaker;
  readonly #connection: Connection;
  #securing: Secure | undefined;
  #handshake: Timer | undefined;
  /** Whether the handshake was made. It may fail yet, until something is heard: TLS 1.3 tells of a client refused only then. */
  #isSecured = false;
  #goodbye: Farewell | undefined;
  #isOver = false;

  constructor(endpoint: Endpoint, talk: Talk, speaker: Speaker) {
    const { overhear } = talk;
    super(speaker, overhear && ((line) => overhear("S", line, endpoint.address)));
    this.#talk = talk;
    this.#address = endpoint.address;
    this.#speaker = speaker;
    this.#connection = new Connection(endpoint, this);
  }

  /** Takes a turn. Octets that came before a command belong to no reply, and whatever followed would be off by one. */
  say(turn: Say): void {
    const { say, shown = say } = turn;
    if (say !== "") {
      const { rest } = this;
      if (rest !== "") {
        this.#speaker.outOfStep({ kind: "not-smtp", stage: turn.stage, text: firstLineOf(rest) });
        return;
      }
      this.#talk.overhear?.("C", shown, this.#address);
      this.#connection.say(say);
    }
    this.expect(turn);
  }

  /** Begins a handshake, which may take its share of the time until a moment of `performance.now`. */
  secure(turn: Secure, untilMs: number): void {
    if (this.rest !== "") {
      this.#failHandshake(INJECTION);
      return;
    }
    const { options, share } = turn.secure;
    const leftMs = untilMs - performance.now();
    const giveUp = () => this.#failHandshake("the handshake took too long");
    if (share < 1 && Number.isFinite(leftMs)) this.#handshake = setTimeout(giveUp, leftMs * share);
    this.#securing = turn;
    this.#connection.secure(options);
  }

  /** Says a last word, if there is one, and closes; an answer to it is waited for a moment where that matters. */
  hangUp(lastWord: string): void {
    this.#close();
    if (lastWord !== "") this.#talk.overhear?.("C", lastWord, this.#address);
    if (lastWord === "" || this.#talk.takeNotes === undefined) this.#connection.end(lastWord);
    else {
      // Postfix never answers when TLS ends together with QUIT; under TLS the other end closes first, if it is quick.
      this.#goodbye = new Farewell(
        () => this.#connection.terminate(),
        () => this.#connection.end(""),
      );
      this.#connection.say(lastWord);
    }
  }

  /** Closes at once. */
  cut(): void {
    this.#close();
    this.#connection.terminate();
  }

  opened(): void {
    const { prelude } = this.#talk;
    const { ends } = this.#connection;
    if (prelude !== undefined) this.#connection.say(prelude(ends));
    this.#speaker.opened(ends);
  }

  failed(failure: ConnectFailure): void {
    this.#speaker.failed(failure);
  }

  heard(octets: Uint8Array): void {
    this.#securing = undefined;
    if (!this.#isOver) this.hear(octets);
    else if (!this.#isSecured) this.#goodbye?.settled();
  }

  secured(handshake: Handshake): void {
    const turn = this.#securing;
    if (this.#isOver || turn === undefined) return;
    clearTimeout(this.#handshake);
    const facts = turn.secure.read(handshake);
    if (typeof facts === "string") {
      this.#failHandshake(facts);
      return;
    }
    this.#talk.overhear?.("-", `${facts.protocol} ${facts.cipher}`, this.#address);
    this.#isSecured = true;
    this.#speaker.answered(facts);
  }

  ended(how: ConnectionEnd): void {
    this.#goodbye?.settled();
    if (this.#isOver) return;
    const isSecuring = this.#securing !== undefined && !this.#isSecured;
    if (isSecuring) this.#failHandshake(`the connection was ${how} in the handshake`);
    else this.end();
    // Whatever the script would say to a refusal that had begun, nobody is there.
    if (!this.#isOver) this.#speaker.ended(how);
  }

  #failHandshake(cause: string): void {
    this.#talk.overhear?.("-", `no TLS: ${cause}`, this.#address);
    const outcome: AttemptOutcome = { kind: "tls-failed", stage: "starttls", cause, reply: null };
    this.#speaker.refused(outcome);
  }

  #close(): void {
    this.#isOver = true;
    clearTimeout(this.#handshake);
    this.close();
  }
}
