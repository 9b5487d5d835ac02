import { Answers } from "./answers.ts";
import { PolicyRequest } from "./policy-request.ts";
import type { Decision, Deferral } from "./question.ts";
import type { Session, SessionIo } from "./session.ts";

/** Most of one request, in octets and in lines: Postfix sends 29 lines. */
const MAX_REQUEST_OCTETS = 32_768;
const MAX_LINES = 200;
/** Most requests that may wait for an answer on one connection: Postfix waits for each. */
const MAX_PENDING = 1_000;

const LF = 0x0a;
const NOTHING = new Uint8Array(0);
const DUNNO = "action=DUNNO\n\n";

const VERBS: Readonly<Record<Deferral, string>> = {
  "defer-if-permit": "DEFER_IF_PERMIT",
  defer: "DEFER",
  "450": "450",
  "451": "451",
};
/** "System not accepting network messages" (RFC 3463 §3.4): what postscreen says at a secondary. */
const ENHANCED_CODE = "4.3.2";

/**
 * Postfix's policy delegation protocol (SMTPD_POLICY_README): lines `name=value` up to an empty one, and one line
 * `action=…` with an empty one for an answer. Never CRLF, which Postfix would wait behind until its time is over.
 */
export class PolicySession implements Session {
  readonly #io: SessionIo;
  readonly #answers: Answers;
  /** Octets behind the last line's end. */
  #rest: Uint8Array = NOTHING;
  #request = new PolicyRequest();
  #octets = 0;
  #lines = 0;
  #isFinished = false;
  #isOver = false;

  constructor(io: SessionIo) {
    this.#io = io;
    this.#answers = new Answers((text) => io.write(text));
  }

  get isBusy(): boolean {
    return this.#answers.pending > 0;
  }

  heard(octets: Uint8Array): void {
    if (this.#isOver) return;
    const all = this.#rest.length === 0 ? octets : Buffer.concat([this.#rest, octets]);
    const end = all.lastIndexOf(LF) + 1;
    this.#rest = end === all.length ? NOTHING : all.slice(end);
    this.#readLines(Buffer.prototype.utf8Slice.call(all, 0, end));
    if (!this.#isOver && this.#octets + this.#rest.length > MAX_REQUEST_OCTETS)
      this.#fail("a request is too long");
  }

  finished(): void {
    this.#isFinished = true;
    this.#endWhenAnswered();
  }

  #readLines(text: string): void {
    if (text.includes("\0")) {
      this.#fail("a line has a NUL in it");
      return;
    }
    for (let from = 0; from < text.length && !this.#isOver; ) {
      const end = text.indexOf("\n", from);
      if (end === from) this.#endRequest();
      else this.#readLine(text, from, end);
      from = end + 1;
    }
  }

  #readLine(text: string, from: number, end: number): void {
    this.#octets += end - from + 1;
    this.#lines += 1;
    if (this.#lines > MAX_LINES) this.#fail("a request has too many lines");
    else if (this.#octets > MAX_REQUEST_OCTETS) this.#fail("a request is too long");
    else if (!this.#request.take(text, from, end)) this.#fail('a line has no "=" behind a name');
  }

  #endRequest(): void {
    const question = this.#request.question();
    this.#request = new PolicyRequest();
    this.#octets = 0;
    this.#lines = 0;
    if (this.#answers.pending >= MAX_PENDING) {
      this.#fail("too many requests wait for an answer");
      return;
    }
    const give = this.#answers.expect();
    if (question === undefined) give(DUNNO);
    else
      this.#io.decide(question, (decision) => {
        if (this.#isOver) return;
        give(renderDecision(decision));
        this.#endWhenAnswered();
      });
  }

  #endWhenAnswered(): void {
    if (!this.#isFinished || this.#isOver || this.#answers.pending > 0) return;
    this.#isOver = true;
    this.#io.ended(null);
  }

  #fail(why: string): void {
    this.#isOver = true;
    this.#io.ended(why);
  }
}

function renderDecision(decision: Decision): string {
  switch (decision.kind) {
    case "let-in":
      return DUNNO;
    case "would-defer":
      return `action=WARN ${decision.text}\n\n`;
    case "defer":
      return `action=${VERBS[decision.action]} ${ENHANCED_CODE} ${decision.text}\n\n`;
  }
}
