import type { AllowList } from "./allow-list.ts";
import { type Client, clientOf, ownAddressOf } from "./client.ts";
import type { DecisionLog } from "./decision-log.ts";
import type { DomainRules } from "./domain-rules.ts";
import type { Inquiries } from "./inquiries.ts";
import type { OpenReason, Verdict } from "./inquiry.ts";
import type { Message } from "./message.ts";
import { type Decision, type Deferral, LET_IN, type Question } from "./question.ts";
import { domainOf } from "./recipient-domain.ts";
import { askForRelief, type ReliefTerms, type SharedRelief } from "./relief.ts";

/** What of a guard may change while it runs: files are read again. */
export interface GuardRules {
  readonly allowed: AllowList;
  /** Null for every domain that lists us. */
  readonly domains: DomainRules | null;
  readonly message: Message;
  readonly action: Deferral | "warn";
}

/** What a guard decides by. */
export interface GuardTerms {
  readonly rules: () => GuardRules;
  readonly inquiries: Inquiries;
  readonly relief: ReliefTerms;
  /** In milliseconds. */
  readonly answerWithinMs: number;
  readonly log: DecisionLog;
}

type Reason =
  | OpenReason
  | "authenticated"
  | "allowed"
  | "no-domain"
  | "not-guarded"
  | "up"
  | Extract<SharedRelief, { kind: "let-in" }>["why"];

/** How many characters a reference has: enough that two of a month do not meet. */
const REFERENCE_OCTETS = 5;

/** One question on its way to its decision. */
export class Asked {
  readonly #question: Question;
  readonly #terms: GuardTerms;
  readonly #rules: GuardRules;
  readonly #decided: (decision: Decision) => void;
  readonly #askedAtMs = performance.now();
  readonly #client: Client;
  #domain: string | undefined;
  #isFromMemory = true;
  #isOver = false;

  constructor(question: Question, terms: GuardTerms, decided: (decision: Decision) => void) {
    this.#question = question;
    this.#terms = terms;
    this.#rules = terms.rules();
    this.#decided = decided;
    this.#client = clientOf(question.clientAddress, question.clientName);
  }

  /** Decides at once, or later. */
  decide(): void {
    const exemption = this.#exemption();
    if (exemption === undefined) this.#inquire(this.#domain ?? "");
    else this.#letIn(exemption);
  }

  /** Something is wrong with the guard itself: mail flows. */
  fail(error: unknown): void {
    const fields = { msg: "cannot decide", domain: this.#domain ?? null, cause: String(error) };
    this.#answer(LET_IN);
    this.#terms.log.say("error", fields);
  }

  /** Why nobody is asked at all. */
  #exemption(): Reason | undefined {
    const { isAuthenticated, recipient } = this.#question;
    const { allowed, domains } = this.#rules;
    if (isAuthenticated) return "authenticated";
    this.#domain = domainOf(recipient);
    if (this.#domain === undefined) return "no-domain";
    if (domains !== null && !domains.has(this.#domain)) return "not-guarded";
    return allowed.has(this.#question, this.#client.address) ? "allowed" : undefined;
  }

  #inquire(domain: string): void {
    const { ownAddress } = this.#question;
    const own = ownAddressOf(ownAddress);
    const told = (verdict: Verdict) => this.#guarded(() => this.#judge(verdict));
    const known = this.#terms.inquiries.ask(
      domain,
      { family: this.#client.family, own },
      this.#askedAtMs,
      told,
    );
    if (known === undefined) this.#isFromMemory = false;
    else this.#judge(known);
  }

  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.fail(error);
    }
  }

  #judge(verdict: Verdict): void {
    if (verdict.kind === "open") this.#letIn(verdict.reason);
    else this.#relieve(verdict.server);
  }

  #relieve(server: string): void {
    const { sender, recipient } = this.#question;
    const { group } = this.#client;
    if (sender === null || group === null) {
      this.#defer(server, null);
      return;
    }
    const sending = { group, sender, recipient, recipientDomain: this.#domain ?? "" };
    const leftMs = this.#terms.answerWithinMs - (performance.now() - this.#askedAtMs);
    askForRelief(sending, leftMs, this.#terms.relief, (relief) =>
      this.#guarded(() => {
        if (relief.kind === "let-in") this.#letIn(relief.why, server);
        else this.#defer(server, relief.untilMs);
      }),
    );
  }

  #letIn(reason: Reason, server: string | null = null): void {
    this.#answer(LET_IN);
    this.#log("let-in", reason, server, null);
  }

  #defer(server: string, untilMs: number | null): void {
    const { action, message } = this.#rules;
    const reference = message.hasReference ? newReference() : "";
    const text = message.render({ server, untilMs, reference });
    const verdict = action === "warn" ? "would-defer" : "deferred";
    this.#answer(action === "warn" ? { kind: "would-defer", text } : { kind: "defer", action, server, text });
    this.#log(verdict, "up", server, reference === "" ? null : reference);
  }

  #answer(decision: Decision): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#decided(decision);
  }

  #log(verdict: string, reason: Reason, server: string | null, reference: string | null): void {
    const fields = {
      domain: this.#domain ?? null,
      client: this.#client.address ?? this.#question.clientAddress,
      group: this.#client.group,
      verdict,
      server,
      reason,
      memory: this.#isFromMemory,
    };
    this.#terms.log.sayOften("info", fields, performance.now() - this.#askedAtMs, reference);
  }
}

function newReference(): string {
  return crypto.getRandomValues(new Uint8Array(REFERENCE_OCTETS)).toHex();
}
