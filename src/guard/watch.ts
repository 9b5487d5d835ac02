import type { Endpoint } from "../net/endpoint.ts";
import { wordsOf } from "./finding.ts";
import { type Finding, Health, type Standing } from "./health.ts";

import type { MailFinding } from "./mail-health.ts";
import type { Patience } from "./slowness.ts";

/** Nobody asks for so long, and nobody is probed. */
const NEEDED_MS = 60_000;

/** One probe that is under way. */
export interface Visit {
  /** Ends it at once; nothing more is said of it. */
  cancel(): void;
}

/** Whoever a probe is made for. The first line of a greeting may be told long before the probe is over. */
export interface Visitor {
  found(finding: Finding): void;
  /** How long the rest of a greeting took; undefined where it did not come. */
  foundRest(tookMs: number | undefined): void;
  /** It has answered again. */
  alive(): void;
  /** What a mail check came to, in the server's words, and how long its slowest answer took. */
  foundMail(finding: MailFinding, reply: string, slowestMs: number): void;
  /** Called once, last. */
  over(): void;
}

/**
 * Probes an address: its greeting, or for a mail check as far as the postmaster of a domain (undefined for none). Never
 * calls back before it returns.
 */
export type VisitEndpoint = (
  endpoint: Endpoint,
  patience: Patience,
  mailDomain: string | undefined,
  visitor: Visitor,
) => Visit;

/** What an administrator may want to know of an address. */
export type News = Exclude<Standing, "none"> | "busy" | "takes-no-mail" | "takes-mail" | "probed";

/** Takes note of news, with the server's own words, or what came of a probe. */
export type Notice = (endpoint: Endpoint, news: News, words: string) => void;

/** What all watches have in common. */
export interface WatchTerms {
  readonly visit: VisitEndpoint;
  readonly mailCheckMs: number;
  readonly notice: Notice;
}

/**
 * Follows one address while it is needed: one probe at a time and never more than one connection, whoever asks and how
 * often. Between questions nothing is done.
 */
export class Watch {
  readonly endpoint: Endpoint;
  readonly #terms: WatchTerms;
  readonly #health: Health;
  readonly #listeners = new Set<() => void>();
  #visit: Visit | undefined;
  #timer: Timer | undefined;
  #neededAtMs = Number.NEGATIVE_INFINITY;
  #nextAtMs = Number.NEGATIVE_INFINITY;
  #askedSinceMs: number | undefined;
  #domain = "";
  #isOver = false;

  constructor(endpoint: Endpoint, terms: WatchTerms) {
    this.endpoint = endpoint;
    this.#terms = terms;
    this.#health = new Health(terms.mailCheckMs);
  }

  /** What is known; somebody needs it for a domain, so that it is followed from now on. */
  ask(domain: string, nowMs: number): Standing {
    this.#neededAtMs = nowMs;
    this.#domain = domain;
    if (this.#visit === undefined && this.#timer === undefined) this.#probeWhenDue(nowMs);
    const standing = this.#health.standing(nowMs);
    if (standing === "none") this.#askedSinceMs ??= nowMs;
    else this.#askedSinceMs = undefined;
    return standing;
  }

  /** How long an answer has been waited for; 0 when there is one. */
  waitedMs(nowMs: number): number {
    return this.#askedSinceMs === undefined ? 0 : nowMs - this.#askedSinceMs;
  }

  /** When it was needed last, in milliseconds of `performance.now`. */
  get neededAtMs(): number {
    return this.#neededAtMs;
  }

  /** Calls back whenever more is known; the function returned takes that back. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Ends it for good. */
  close(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#visit?.cancel();
    this.#visit = undefined;
  }

  #probeWhenDue(nowMs: number): void {
    if (this.#nextAtMs <= nowMs) this.#probe(nowMs);
    else this.#probeLater(nowMs);
  }

  #probeLater(nowMs: number): void {
    this.#timer = setTimeout(() => this.#wake(), Math.ceil(this.#nextAtMs - nowMs));
  }

  #wake(): void {
    this.#timer = undefined;
    const nowMs = performance.now();
    if (nowMs - this.#neededAtMs <= NEEDED_MS) this.#probeWhenDue(nowMs);
  }

  #probe(beganAtMs: number): void {
    const mailDomain = this.#health.isMailCheckDue(beganAtMs) ? this.#domain : undefined;
    this.#visit = this.#terms.visit(this.endpoint, this.#health.patience(), mailDomain, {
      found: (finding) => this.#found(finding),
      foundRest: (tookMs) => this.#health.noteRest(tookMs),
      alive: () => this.#health.refresh(performance.now()),
      foundMail: (finding, reply, slowestMs) => {
        const { endpoint } = this;
        this.#terms.notice(endpoint, "probed", `${finding}: ${reply}`);
        if (!this.#health.noteMail(finding, slowestMs, performance.now())) return;
        this.#terms.notice(endpoint, this.#health.takesNoMail ? "takes-no-mail" : "takes-mail", reply);
        this.#tell();
      },
      over: () => this.#over(beganAtMs),
    });
  }

  #found(finding: Finding): void {
    const nowMs = performance.now();
    const before = this.#health.standing(nowMs);
    this.#health.note(finding, nowMs);
    const after = this.#health.standing(nowMs);
    const words = wordsOf(finding);
    this.#terms.notice(this.endpoint, "probed", words);
    if (finding.kind === "busy") this.#terms.notice(this.endpoint, "busy", words);
    else if (after !== before && after !== "none") this.#terms.notice(this.endpoint, after, words);
    this.#tell();
  }

  #over(beganAtMs: number): void {
    this.#visit = undefined;
    if (this.#isOver) return;
    const nowMs = performance.now();
    this.#nextAtMs = this.#health.nextProbeAt(beganAtMs, nowMs);
    if (nowMs - this.#neededAtMs <= NEEDED_MS) this.#probeLater(nowMs);
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
