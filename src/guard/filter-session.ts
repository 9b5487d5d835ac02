import { BoundedLines } from "./bounded-lines.ts";
import { type FilterEnds, type FilterRequest, parseFilterLine } from "./filter-line.ts";
import { type Decision, type Deferral, LET_IN, type Question } from "./question.ts";
import type { Session, SessionIo } from "./session.ts";

/** Most that is kept of a line, in octets: OpenSMTPD's own are shorter than 2,048. */
const MAX_LINE_OCTETS = 4_096;
/** Most clients that are remembered; OpenSMTPD has a few hundred at a time. */
const MAX_CLIENTS = 10_000;
/** Longest text of a reply line (RFC 5321 §4.5.3.1.5): 512 octets less code, enhanced code and line end. */
const MAX_TEXT_OCTETS = 500;

const PROCEED = "proceed";
const EVENTS = ["link-connect", "link-auth", "tx-mail", "tx-reset", "link-disconnect"] as const;
const SUBSYSTEM = "smtp-in";
const REGISTER = [
  ...EVENTS.map((event) => `register|report|${SUBSYSTEM}|${event}\n`),
  `register|filter|${SUBSYSTEM}|rcpt-to\n`,
].join("");
const READY = "register|ready\n";

const CODES: Readonly<Record<Deferral, string>> = {
  "defer-if-permit": "450",
  defer: "450",
  "450": "450",
  "451": "451",
};
/** "System not accepting network messages" (RFC 3463 §3.4). */
const ENHANCED_CODE = "4.3.2";

/** One client of the mail server. */
interface Client {
  readonly ends: FilterEnds;
  isAuthenticated: boolean;
  sender: string | null;
}

/**
 * OpenSMTPD's filter protocol (smtpd-filters(7)). A filter that ends, or says what is not expected, takes the mail server
 * with it: so every request has its one answer, and nothing that comes ends the session but the end of the input.
 */
export class FilterSession implements Session {
  readonly #io: SessionIo;
  readonly #lines = new BoundedLines(MAX_LINE_OCTETS);
  /** By the mail server's session, the oldest first. */
  readonly #clients = new Map<string, Client>();
  /** What OpenSMTPD has a filter for; to register for anything else would end it. */
  readonly #subsystems = new Set<string>();
  #isReady = false;
  #pending = 0;
  #isFinished = false;

  constructor(io: SessionIo) {
    this.#io = io;
  }

  get isBusy(): boolean {
    return this.#pending > 0;
  }

  heard(octets: Uint8Array): void {
    for (const { text, isCut } of this.#lines.read(octets)) this.#take(text, isCut);
  }

  finished(): void {
    this.#isFinished = true;
    this.#endWhenAnswered();
  }

  /** A line that was cut is good for nothing but to know what waits for an answer. */
  #take(text: string, isCut: boolean): void {
    const line = parseFilterLine(text);
    if (line?.kind === "request") this.#answer(line, isCut);
    if (line === undefined || isCut) return;
    switch (line.kind) {
      case "request":
        return;
      case "config":
        this.#configure(line.key, line.value);
        return;
      case "connected":
        this.#remember(line.session, line.ends);
        return;
      case "authenticated":
        this.#change(line.session, { isAuthenticated: true });
        return;
      case "transaction":
        this.#change(line.session, { sender: line.sender });
        return;
      case "disconnected":
        this.#clients.delete(line.session);
    }
  }

  #configure(key: string, value: string): void {
    if (this.#isReady) return;
    if (key === "subsystem") this.#subsystems.add(value);
    if (key !== "ready") return;
    this.#isReady = true;
    const isWanted = this.#subsystems.size === 0 || this.#subsystems.has(SUBSYSTEM);
    this.#io.write(isWanted ? REGISTER + READY : READY);
  }

  #remember(session: string, ends: FilterEnds): void {
    this.#clients.delete(session);
    this.#clients.set(session, { ends, isAuthenticated: ends.isLocal, sender: null });
    if (this.#clients.size <= MAX_CLIENTS) return;
    for (const oldest of this.#clients.keys()) {
      this.#clients.delete(oldest);
      return;
    }
  }

  #change(session: string, change: Partial<Client>): void {
    const client = this.#clients.get(session);
    if (client !== undefined) Object.assign(client, change);
  }

  #answer({ session, reference, phase, parameter }: FilterRequest, isCut: boolean): void {
    const client = this.#clients.get(session);
    const say = (decision: Decision) => this.#io.write(`filter-result|${reference}|${render(decision)}\n`);
    if (client === undefined || phase !== "rcpt-to" || isCut) {
      say(LET_IN);
      return;
    }
    const { ends, isAuthenticated, sender } = client;
    const { clientAddress, clientName, ownAddress } = ends;
    const recipient = parameter;
    this.#decide({ isAuthenticated, clientAddress, clientName, ownAddress, sender, recipient }, say);
  }

  /** Whatever becomes of the decision, the request has its answer, and no other one. */
  #decide(question: Question, say: (decision: Decision) => void): void {
    let isDecided = false;
    const decided = (decision: Decision) => {
      if (isDecided) return;
      isDecided = true;
      this.#pending -= 1;
      say(decision);
      this.#endWhenAnswered();
    };
    this.#pending += 1;
    try {
      this.#io.decide(question, decided);
    } catch {
      decided(LET_IN);
    }
  }

  #endWhenAnswered(): void {
    if (this.#isFinished && !this.isBusy) this.#io.ended(null);
  }
}

function render(decision: Decision): string {
  if (decision.kind !== "defer") return PROCEED;
  const text = decision.text.replace(/[^ -~]/g, "?").slice(0, MAX_TEXT_OCTETS);
  return `reject|${CODES[decision.action]} ${ENHANCED_CODE} ${text}`;
}
