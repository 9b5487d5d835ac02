import type { Reply } from "../smtp/reply.ts";
import { type MailFinding, MailHealth } from "./mail-health.ts";
import { type Patience, Slowness } from "./slowness.ts";

/** What a probe of one address has come to. */
export type Finding =
  /** The first line of a greeting with 220, how long it took, and how long the connect before it. */
  | { readonly kind: "greeted"; readonly connectMs: number; readonly firstLineMs: number }
  /** Turned away for now: 421, or another 4xx as a greeting. */
  | { readonly kind: "busy"; readonly reply: Reply }
  | { readonly kind: "failed"; readonly why: string }
  /** This machine failed, so that nothing is known. */
  | { readonly kind: "unknown" };

/** What is known of an address for whoever wants to send mail there now; "none" is no knowledge. */
export type Standing = "up" | "not-up" | "none";

/** From the start of a probe to the start of the next. */
const PROBE_EVERY_MS = 4_750;
/** From the end of a probe to the start of the next at least: the other end has to see that it is over. */
const GAP_MS = 250;
/** A failure is looked at again so soon. */
const REPEAT_MS = 1_000;
/** Coming back takes two greetings so far apart. */
const BACK_APART_MS = 5_000;
/** Knowledge that is older is none. */
const FRESH_MS = 70_000;
/** So long an address is left alone that was busy. */
const BUSY_MS = 60_000;
/** So long it may be busy, without a 220, before it counts as down. */
const MAX_BUSY_MS = 300_000;

type Phase = "new" | "up" | "suspected" | "failed-once" | "down";

const AFTER_FAILURE: Readonly<Record<Phase, Phase>> = {
  new: "failed-once",
  up: "suspected",
  suspected: "down",
  "failed-once": "down",
  down: "down",
};

/**
 * What is known of one address: up, suspected, down, busy, slow, and whether it takes mail. Without I/O or a clock of
 * its own: every method is told the time, in milliseconds of `performance.now`.
 */
export class Health {
  readonly #mail: MailHealth;
  readonly #slowness = new Slowness();
  #phase: Phase = "new";
  #knownAtMs = Number.NEGATIVE_INFINITY;
  #greetedAtMs = Number.NEGATIVE_INFINITY;
  #backAtMs: number | undefined;
  #busyFromMs: number | undefined;
  #isBusyNow = false;

  /** `mailCheckMs` is the time from one mail check to the next; 0 for none. */
  constructor(mailCheckMs: number) {
    this.#mail = new MailHealth(mailCheckMs);
  }

  /** What it means for a client that wants to send mail now. */
  standing(nowMs: number): Standing {
    this.#forget(nowMs);
    switch (this.#phase) {
      case "up":
      case "suspected":
        return this.takesNoMail ? "not-up" : "up";
      case "failed-once":
      case "down":
        return "not-up";
      case "new":
        return this.#busyFromMs === undefined ? "none" : "not-up";
    }
  }

  /** Whether three mail checks running have failed. */
  get takesNoMail(): boolean {
    return this.#mail.takesNone;
  }

  /** Whether the next probe is to ask for more than a greeting; never one of an address that is not known to be up. */
  isMailCheckDue(nowMs: number): boolean {
    return this.#phase === "up" && this.#mail.isDue(nowMs);
  }

  /** How long the next probe may take. */
  patience(): Patience {
    return this.#slowness.patience(this.#mail.patienceMs);
  }

  /** When the next probe is due that follows one which began then. */
  nextProbeAt(beganAtMs: number, nowMs: number): number {
    if (this.#isBusyNow) return nowMs + BUSY_MS;
    if (this.#phase === "suspected" || this.#phase === "failed-once") return nowMs + REPEAT_MS;
    const usualMs = Math.max(nowMs + GAP_MS, beganAtMs + PROBE_EVERY_MS);
    return this.#backAtMs === undefined ? usualMs : Math.max(usualMs, this.#backAtMs + BACK_APART_MS);
  }

  /** Takes note of what a probe came to. */
  note(finding: Finding, nowMs: number): void {
    this.#forget(nowMs);
    if (finding.kind !== "unknown") this.#isBusyNow = finding.kind === "busy";
    switch (finding.kind) {
      case "greeted":
        this.#slowness.note(finding);
        this.#greeted(nowMs);
        break;
      case "busy":
        this.#busyFromMs ??= nowMs - this.#greetedAtMs <= FRESH_MS ? this.#greetedAtMs : nowMs;
        break;
      case "failed":
        this.#backAtMs = undefined;
        this.#phase = AFTER_FAILURE[this.#phase];
        break;
      case "unknown":
        return;
    }
    this.#knownAtMs = nowMs;
  }

  /** Takes note of how long the rest of a greeting took; undefined where it did not come. */
  noteRest(tookMs: number | undefined): void {
    this.#slowness.noteRest(tookMs);
  }

  /** It has answered again, in a mail check that takes its time. */
  refresh(nowMs: number): void {
    if (this.#phase === "up") this.#knownAtMs = nowMs;
  }

  /** Takes note of what a mail check came to, and how long its slowest answer took; true when that turned the answer to whether it takes mail. */
  noteMail(finding: MailFinding, longestMs: number, nowMs: number): boolean {
    return this.#mail.note(finding, longestMs, nowMs);
  }

  /** "Down" stays until two greetings; all else that is old is forgotten. */
  #forget(nowMs: number): void {
    const busyFromMs = this.#busyFromMs;
    if (busyFromMs !== undefined && nowMs - busyFromMs >= MAX_BUSY_MS) {
      this.#phase = "down";
      this.#busyFromMs = undefined;
      this.#backAtMs = undefined;
    }
    // Who is left alone for a minute is not forgotten before there is an answer again.
    const waitedForMs = this.#isBusyNow ? this.patience().firstLineMs : 0;
    if (nowMs - this.#knownAtMs <= FRESH_MS + waitedForMs) return;
    this.#backAtMs = undefined;
    this.#busyFromMs = undefined;
    this.#isBusyNow = false;
    if (this.#phase !== "down") this.#phase = "new";
  }

  #greeted(nowMs: number): void {
    this.#greetedAtMs = nowMs;
    this.#busyFromMs = undefined;
    this.#mail.meet(nowMs);
    if (this.#phase !== "down") this.#phase = "up";
    else if (this.#backAtMs === undefined) this.#backAtMs = nowMs;
    else if (nowMs - this.#backAtMs >= BACK_APART_MS) {
      this.#phase = "up";
      this.#backAtMs = undefined;
    }
  }
}
