import { connections, type Places, slowConnections } from "../limits/places.ts";
import type { Endpoint } from "../net/endpoint.ts";
import type { Attempt, Stage } from "../smtp/attempt.ts";
import { Conversation } from "../smtp/conversation.ts";
import { dialogue } from "../smtp/dialogue.ts";
import { judgeReply } from "../smtp/hearing.ts";
import { type Reply, SERVICE_READY } from "../smtp/reply.ts";
import type { Here, Party, Say, Script, Talk } from "../smtp/script.ts";
import type { DialogueTerms } from "../smtp/terms.ts";
import { findingOf } from "./finding.ts";
import { judgeMail, mailCheck } from "./mail-check.ts";
import type { Patience } from "./slowness.ts";
import type { Visit, VisitEndpoint, Visitor } from "./watch.ts";

const NO_PLACE = { leave() {} };

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
    if (patience.isQuick) connections.enter(() => probe.begin(NO_PLACE));
    else slowConnections.enter(() => connections.enter(() => probe.begin(slowConnections)));
    return probe;
  };
}

/** One probe: the first line of the greeting decides, what follows is good manners, or a mail check. */
class EndpointVisit implements Visit, Party {
  readonly #endpoint: Endpoint;
  readonly #patience: Required<Patience>;
  readonly #terms: DialogueTerms | undefined;
  readonly #visitor: Visitor;
  #places: Pick<Places, "leave"> = NO_PLACE;
  #conversation: Conversation | undefined;
  #timer: Timer | undefined;
  #beganAtMs = 0;
  #openedAtMs = 0;
  #turnAtMs = 0;
  #slowestMs = 0;
  #isGreeted = false;
  #isWhole = false;
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

  /** A place is taken for it, and one of those given. */
  begin(places: Pick<Places, "leave">): void {
    this.#places = places;
    if (this.#isOver) {
      this.#leave();
      return;
    }
    this.#beganAtMs = performance.now();
    const talk: Talk = {
      key: "",
      script: (here) => this.#script(here),
      formalityMs: this.#patience.answerMs,
    };
    this.#conversation = new Conversation(this.#endpoint, talk, this);
    this.#limit(this.#patience.connectMs ?? 0);
  }

  cancel(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    if (this.#conversation === undefined) return;
    this.#conversation.cancel();
    this.#leave();
  }

  /** A turn begins, and with it its time. */
  reached(stage: Stage): void {
    const nowMs = performance.now();
    if (this.#isGreeted && stage !== "greeting") {
      if (this.#turnAtMs > 0) this.#slowestMs = Math.max(this.#slowestMs, nowMs - this.#turnAtMs);
      this.#turnAtMs = nowMs;
      this.#limit(this.#patience.answerMs);
      this.#visitor.alive();
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
    const beganAtMs = performance.now();
    const hasRest = !(first as Reply).complete;
    const reply = hasRest ? yield REST : first;
    this.#isWhole = true;
    if (hasRest) this.#visitor.foundRest(performance.now() - beganAtMs);
    if (this.#terms !== undefined) return yield* dialogue(this.#terms, here);
    return { kind: "greeted", reply: reply as Reply };
  }

  #greeted(): void {
    this.#isGreeted = true;
    this.#limit(this.#patience.restMs);
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
    const attempt = conversation.timedOut();
    conversation.cancel();
    this.#end(attempt);
  }

  #end({ outcome }: Attempt): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#leave();
    if (this.#isGreeted && !this.#isWhole) this.#visitor.foundRest(undefined);
    if (!this.#isGreeted) this.#visitor.found(findingOf(outcome));
    else if (this.#terms !== undefined) {
      const { finding, reply } = judgeMail(outcome);
      this.#visitor.foundMail(finding, reply, this.#slowestMs);
    }
    this.#visitor.over();
  }

  #leave(): void {
    connections.leave();
    this.#places.leave();
  }
}
