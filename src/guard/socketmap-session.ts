import { Answers } from "./answers.ts";
import { Netstrings, toNetstring } from "./netstrings.ts";
import type { Decision, Question } from "./question.ts";
import type { Session, SessionIo } from "./session.ts";

/** Longest query, in octets. */
const MAX_QUERY_OCTETS = 32_768;
/** Most queries that may wait for an answer on one connection: Sendmail waits for each. */
const MAX_PENDING = 1_000;

const NOT_FOUND = toNetstring("NOTFOUND ");
/** An address in angle brackets ends the word before it: Sendmail puts a blank between two atoms only. */
const WORD = /<[^<>]*>|[^\s<]+|</g;
/** How Sendmail writes an IPv6 address in a macro (RFC 5321 §4.1.3). */
const IPV6_TAG = /^IPv6:/i;

/**
 * Sendmail's socketmap protocol (libsmdb, socket_map_lookup): netstrings `map key` and `OK value` or `NOTFOUND `. The key
 * is `<own address> <domain>`, and may go on `<client address> <sender> <recipient>`.
 */
export class SocketmapSession implements Session {
  readonly #io: SessionIo;
  readonly #answers: Answers;
  readonly #netstrings = new Netstrings(MAX_QUERY_OCTETS);
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
    for (const query of this.#netstrings.read(octets)) {
      if (this.#answers.pending >= MAX_PENDING) {
        this.#end("too many queries wait for an answer");
        return;
      }
      this.#ask(query);
    }
    const { fault } = this.#netstrings;
    if (fault !== undefined) this.#end(fault);
  }

  finished(): void {
    this.#isFinished = true;
    this.#endWhenAnswered();
  }

  #ask(query: string): void {
    const question = parseQuery(query);
    const give = this.#answers.expect();
    if (question === undefined) give(NOT_FOUND);
    else
      this.#io.decide(question, (decision) => {
        if (this.#isOver) return;
        give(render(decision));
        this.#endWhenAnswered();
      });
  }

  #endWhenAnswered(): void {
    if (this.#isFinished && !this.#isOver && !this.isBusy) this.#end(null);
  }

  #end(why: string | null): void {
    this.#isOver = true;
    this.#io.ended(why);
  }
}

/** Undefined for what has neither two words nor five behind the map's name. */
function parseQuery(query: string): Question | undefined {
  const [, own, domain, client, sender, recipient, ...more] = query.match(WORD) ?? [];
  if (own === undefined || domain === undefined || more.length > 0) return undefined;
  if (client !== undefined && recipient === undefined) return undefined;
  return {
    isAuthenticated: false,
    clientAddress: client?.replace(IPV6_TAG, "") ?? null,
    clientName: null,
    ownAddress: own.replace(IPV6_TAG, ""),
    sender: sender === undefined ? null : withoutBrackets(sender),
    recipient: recipient === undefined ? `@${domain}` : withoutBrackets(recipient),
  };
}

function withoutBrackets(address: string): string {
  return address.startsWith("<") ? address.slice(1, -1) : address;
}

function render(decision: Decision): string {
  if (decision.kind !== "defer") return NOT_FOUND;
  return toNetstring(`OK DEFER ${decision.server.replace(/[^!-~]/g, "?")}`);
}
