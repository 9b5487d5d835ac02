import { connections } from "../limits/places.ts";
import type { Endpoint } from "../net/endpoint.ts";
import type { Attempt, AttemptOutcome, Stage } from "../smtp/attempt.ts";
import { Conversation } from "../smtp/conversation.ts";
import { dialogue } from "../smtp/dialogue.ts";
import { judgeReply } from "../smtp/hearing.ts";
import { type Reply, SERVICE_READY } from "../smtp/reply.ts";
import type { Here, Party, Say, Script, Talk } from "../smtp/script.ts";
import type { DialogueTerms } from "../smtp/terms.ts";
import type { Finding, Patience } from "./health.ts";
import { judgeMail, mailCheck, textOf } from "./mail-check.ts";
import type { Visit, VisitEndpoint, Visitor } from "./watch.ts";

/** For all that comes behind the first line: a teaser takes six seconds, and no verdict hangs on it. */
const REST_MS = 60_000;

/** Codes from here on are refusals, and from there on for good (RFC 5321 §4.2.1). */
const LEAST_REFUSAL = 400;
const LEAST_PERMANENT = 500;

const FIRST_LINE: Say = { stage: "greeting", say: "", want: [SERVICE_READY] };
const REST: Say = { ...FIRST_LINE, judge: judgeReply };

/** What probes need beside the address. */
export interface VisitTerms {
  /** For a connect that nothing is known of, in milliseconds. */
  readonly timeoutMs: number;
  /** What a mail check says hello as; null for the literal of this end's address. */
  readonly helo: string | null;
}

/** Probes with real connections. Each has a place among those of the process, lest descriptors run out. */
export function visiting({ timeoutMs, helo }: VisitTerms): VisitEndpoint {
  return (endpoint, { connectMs = timeoutMs, ...patience }, mailDomain, visitor) => {
    const terms = mailDomain === undefined ? undefined : mailCheck(helo, mailDomain);
    const probe = new EndpointVisit(endpoint, { ...patience, connectMs }, terms, visitor);
    connections.enter(() => probe.begin());
    return probe;
  };
}

/** One probe: the first line of the greeting decides, what follows is good manners, or a mail check. */
class EndpointVisit implements Visit, Party {
  readonly #endpoint: Endpoint;
  readonly #patience: Required<Patience>;
  readonly #terms: DialogueTerms | undefined;
  readonly #visitor: Visitor;
  #conversation: Conversation | undefined;
  #timer: Timer | undefined;
  #beganAtMs = 0;
  #openedAtMs = 0;
  #turnAtMs = 0;
  #slowestMs = 0;
  #isGreeted = false;
  #isOver = false;

  constructor(
    endpoint: Endpoint,
    patience: Required<Patience>,
    terms: DialogueTerms | undefined,
    visitor: Visitor,
  ) {
    this.#endpoint = endpoint;
    this.#patience = patience;
    this.#terms = terms;
    this.#visitor = visitor;
  }

  begin(): void {
    if (this.#isOver) {
      connections.leave();
      return;
    }
    this.#beganAtMs = performance.now();
    const talk: Talk = { key: "", script: (here) => this.#script(here) };
    this.#conversation = new Conversation(this.#endpoint, talk, this);
    this.#limit(this.#patience.connectMs ?? 0);
  }

  cancel(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    if (this.#conversation === undefined) return;
    this.#conversation.cancel();
    connections.leave();
  }

  /** A turn begins, and with it its time. */
  reached(stage: Stage): void {
    const nowMs = performance.now();
    if (this.#isGreeted && stage !== "greeting") {
      if (this.#turnAtMs > 0) this.#slowestMs = Math.max(this.#slowestMs, nowMs - this.#turnAtMs);
      this.#turnAtMs = nowMs;
      this.#limit(this.#patience.answerMs);
    }
    if (stage !== "greeting" || this.#openedAtMs > 0) return;
    this.#openedAtMs = nowMs;
    this.#limit(this.#patience.firstLineMs);
  }

  settled(attempt: Attempt): void {
    if (!this.#isOver) this.#end(attempt);
  }

  *#script(here: Here): Script {
    const first = yield FIRST_LINE;
    this.#greeted();
    if (this.#terms !== undefined) return yield* dialogue(this.#terms, here);
    const reply = (first as Reply).complete ? first : yield REST;
    return { kind: "greeted", reply: reply as Reply };
  }

  #greeted(): void {
    this.#isGreeted = true;
    this.#limit(REST_MS);
    const nowMs = performance.now();
    this.#visitor.found({
      kind: "greeted",
      connectMs: this.#openedAtMs - this.#beganAtMs,
      firstLineMs: nowMs - this.#openedAtMs,
    });
  }

  #limit(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#timeIsOver(), ms);
  }

  #timeIsOver(): void {
    const conversation = this.#conversation;
    if (this.#isOver || conversation === undefined) return;
    this.#end(conversation.timedOut());
    conversation.cancel();
  }

  #end({ outcome }: Attempt): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    connections.leave();
    if (!this.#isGreeted) this.#visitor.found(findingOf(outcome));
    else if (this.#terms !== undefined) {
      const { finding, reply } = judgeMail(outcome);
      this.#visitor.foundMail(finding, reply, this.#slowestMs);
    }
    this.#visitor.over();
  }
}

/** What an attempt means that was not greeted. */
function findingOf(outcome: AttemptOutcome): Finding {
  if (outcome.kind === "no-resources") return { kind: "unknown" };
  const isRefusal = outcome.kind === "busy" || outcome.kind === "declined";
  const { code = 0 } = isRefusal ? outcome.reply : {};
  if (isRefusal && code >= LEAST_REFUSAL && code < LEAST_PERMANENT)
    return { kind: "busy", reply: outcome.reply };
  const stage = "stage" in outcome ? ` in ${outcome.stage}` : "";
  return { kind: "failed", why: isRefusal ? textOf(outcome.reply) : outcome.kind + stage };
}
