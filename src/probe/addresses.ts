import { Deadline, type Deadlines, MAX_TIMEOUT_MS, whicheverIsFirst } from "../limits/deadline.ts";
import { inTurn } from "../limits/in-turn.ts";
import type { Attempt, AttemptOutcome, Stage } from "../smtp/attempt.ts";
import type { Talk } from "../smtp/script.ts";
import type { Family } from "../text/address.ts";
import { AddressQueue } from "./address-queue.ts";
import type { Attempts } from "./attempts.ts";
import type { HostLookup, LimitedLookup } from "./lookups.ts";
import { isSuccess } from "./outcome.ts";

/** How long an address is tried alone before the next one joins in: the Connection Attempt Delay of RFC 8305 §5. */
export const STAGGER_MS = 250;

const TIMED_OUT: LimitedLookup = { kind: "timed-out", stage: "dns" };

/** How a host's addresses are tried. */
export interface AddressTrial {
  readonly port: number;
  /** Those that count; the others' answers are nobody's concern here. */
  readonly families: readonly Family[];
  /** For lookup, connect and greeting together; may be infinite. Waiting for a place does not use it up. */
  readonly timeoutMs: number;
  readonly attempts: Pick<Attempts, "ask">;
  readonly deadlines: Deadlines;
  readonly talk: Talk;
  /** Is told how far it is, the last of several addresses. */
  readonly reached?: ((stage: Stage) => void) | undefined;
}

/** What came of a host's addresses. */
export interface Tried {
  /** The attempt that decides; undefined when there was no address to try. */
  readonly decisive: Attempt | undefined;
  /** All attempts that came to an end, in that order. */
  readonly attempts: readonly Attempt[];
  /** What the families came to by then. */
  readonly lookups: readonly LimitedLookup[];
  /** How long the first answer with addresses took, or the last of those without; null for an address. */
  readonly dnsMs: number | null;
  /** Time spent, lookup included, without that of waiting for a place. */
  readonly elapsedMs: number;
  /** How many addresses were not tried because there are too many. */
  readonly leftOut: number;
}

/** Which of several failures tells most, the lowest first; that we failed ourselves outweighs any of them. */
const RANK: Readonly<Record<AttemptOutcome["kind"], number>> = {
  greeted: 0,
  reached: 0,
  "no-resources": 1,
  "auth-failed": 2,
  "auth-missing": 2,
  deferred: 3,
  declined: 3,
  "extension-missing": 4,
  "certificate-untrusted": 5,
  "certificate-incomplete": 5,
  "certificate-expired": 5,
  "certificate-not-yet-valid": 5,
  "certificate-name": 5,
  "tls-failed": 6,
  "starttls-missing": 6,
  busy: 7,
  "not-smtp": 8,
  closed: 9,
  reset: 10,
  "timed-out": 11,
  refused: 12,
  unreachable: 13,
};

/**
 * Tries a host's addresses in turn as they come, the next one {@link STAGGER_MS} after the last or at once when one
 * fails in any way; the first that greets wins. It has failed when every family has been answered and all have failed,
 * or time is over: a question that was lost may be answered yet.
 */
export function tryAddresses(
  host: HostLookup,
  { port, families, timeoutMs, attempts, deadlines, talk, reached }: AddressTrial,
  settled: (tried: Tried) => void,
  failed: (error: unknown) => void,
): void {
  const queue = new AddressQueue();
  const won = new Deadline();
  const lookups: LimitedLookup[] = [];
  let [unanswered, waitedMs]: [number, number] = [families.length, 0];
  let dnsMs: number | null = null;
  let startedAtMs: number | undefined;
  const connectingMs = () => (startedAtMs === undefined ? 0 : performance.now() - startedAtMs - waitedMs);
  const spentMs = () => (dnsMs ?? 0) + connectingMs();

  const resume = inTurn<string, Attempt>({
    next: () => queue.next(),
    mayGrow: () => unanswered > 0,
    staggerMs: talk.isSecret === true ? MAX_TIMEOUT_MS : STAGGER_MS,
    goesOn: () => spentMs() < timeoutMs,
    isGood: ({ outcome, dialogue }) => isSuccess(outcome) || dialogue?.isSecretUsed === true,
    rank: ({ outcome }) => RANK[outcome.kind],
    start(address, begun, ended) {
      let sinceMs = performance.now();
      startedAtMs ??= sinceMs;
      attempts.ask({ address, port }, talk, {
        admitted() {
          const nowMs = performance.now();
          waitedMs += nowMs - sinceMs;
          sinceMs = nowMs;
          begun();
          reached?.("connect");
          return whicheverIsFirst(won, deadlines.after(timeoutMs - spentMs()));
        },
        settled: ended,
        reached,
      });
    },
    over(decisive, all) {
      settled({
        decisive,
        attempts: [...all],
        lookups,
        dnsMs,
        elapsedMs: spentMs(),
        leftOut: queue.leftOut,
      });
      won.callOff();
    },
  });

  host.watch({
    heard(answer) {
      if (!families.includes(answer.family)) return;
      const lookup = answer.dnsMs < timeoutMs ? answer.lookup : TIMED_OUT;
      unanswered -= 1;
      lookups.push(lookup);
      if (startedAtMs === undefined) dnsMs = answer.dnsMs;
      if (lookup.kind === "found") queue.add(lookup.addresses);
      resume();
    },
    failed,
  });
}
