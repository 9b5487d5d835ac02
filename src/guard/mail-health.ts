import { ANSWER_MARGIN } from "./slowness.ts";

/** What a mail check has come to: it takes mail, it does not, or that cannot be told. */
export type MailFinding = "takes-mail" | "takes-none" | "unknown";

/** So many mail checks running must fail before it counts. */
const MAX_FAILURES = 3;
/** How long an answer is waited for, by how many checks running have failed. */
const PATIENCE_MS = [5_000, 20_000] as const;
const MAX_PATIENCE_MS = 60_000;
/** How far a mail check may be from its time, as a share: many guards must not ask at once. */
const JITTER = 0.2;

/** Whether an address takes mail, by mail checks once in a while; it is told the time, as {@link import("./health.ts").Health} is. */
export class MailHealth {
  readonly #everyMs: number;
  #dueAtMs = Number.POSITIVE_INFINITY;
  #failures = 0;
  #slowestMs = 0;

  /** `everyMs` is the time from one check to the next; 0 for none. */
  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  /** Whether three running have failed. */
  get takesNone(): boolean {
    return this.#failures >= MAX_FAILURES;
  }

  /** It was greeted; the first check is not due at once. */
  meet(nowMs: number): void {
    if (this.#dueAtMs === Number.POSITIVE_INFINITY) this.#delay(nowMs);
  }

  isDue(nowMs: number): boolean {
    return nowMs >= this.#dueAtMs;
  }

  /**
   * How long each answer is waited for. Little at first, for a server that hangs is to be found out by its greeting;
   * more after each failure, for slow is not dead, and a quarter more than its slowest answer ever took.
   */
  get patienceMs(): number {
    const wantedMs = PATIENCE_MS[this.#failures] ?? MAX_PATIENCE_MS;
    return Math.min(MAX_PATIENCE_MS, Math.max(wantedMs, ANSWER_MARGIN * this.#slowestMs));
  }

  /** Takes note of what one came to, and how long its slowest answer took; true when that turned the answer. */
  note(finding: MailFinding, slowestMs: number, nowMs: number): boolean {
    const before = this.takesNone;
    if (finding === "takes-mail") this.#slowestMs = Math.max(this.#slowestMs, slowestMs);
    this.#delay(nowMs);
    if (finding === "takes-mail") this.#failures = 0;
    if (finding === "takes-none") this.#failures += 1;
    return before !== this.takesNone;
  }

  #delay(nowMs: number): void {
    if (this.#everyMs === 0) return;
    this.#dueAtMs = nowMs + this.#everyMs * (1 + JITTER * (2 * Math.random() - 1));
  }
}
