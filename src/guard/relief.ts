import type { OwnMemory } from "./own-memory.ts";
import { keysOf, type Relief, relieve, type Sending } from "./relents.ts";

/** What guards that share a store know of a sending together. Every method rejects when the store cannot be used. */
export interface SharedMemory {
  /** Meets these keys for the first time, unless others did before: when; and whether a pass holds, which then is good for as long again. */
  meet(
    pass: string,
    keys: readonly string[],
    nowMs: number,
  ): Promise<{ readonly hasPass: boolean; readonly firstMs: readonly number[] }>;
  givePass(pass: string, nowMs: number): Promise<void>;
  /** Lets go of file or connection; never fails. */
  close(): void;
}

/** As {@link Relief}, or that a store had to be asked and could not be. */
export type SharedRelief = Relief | { readonly kind: "let-in"; readonly why: "store-failed" };

/** How senders that keep coming back are let in: by what this guard remembers, and where that is nothing by what a store does. */
export interface ReliefTerms {
  readonly relentMs: number;
  readonly own: OwnMemory;
  readonly shared: SharedMemory | undefined;
  /** Is told why the store cannot be used. */
  readonly warn: (error: unknown) => void;
}

/**
 * As {@link relieve}, and what the other guards know counts too, if that is known within `withinMs`; calls back once, at
 * once where no store has to be asked.
 */
export function askForRelief(
  sending: Sending,
  withinMs: number,
  { relentMs, own, shared, warn }: ReliefTerms,
  told: (relief: SharedRelief) => void,
): void {
  const nowMs = Date.now();
  if (shared === undefined) {
    told(relieve(sending, relentMs, own, nowMs));
    return;
  }
  const { pass, exact, ofDomain } = keysOf(sending);
  const keys = ofDomain === undefined ? [exact] : [exact, ofDomain];
  const answer = () => {
    const relief = relieve(sending, relentMs, own, nowMs);
    if (relief.kind === "let-in" && relief.why === "relented") shared.givePass(pass, nowMs).catch(warn);
    told(relief);
  };
  const isKnown = keys.every((key) => own.firstMs(key, nowMs) !== undefined);
  if (relentMs === 0 || isKnown || own.hasPass(pass, nowMs)) {
    answer();
    return;
  }
  let isLate = false;
  const fail = () => {
    isLate = true;
    told({ kind: "let-in", why: "store-failed" });
  };
  const timer = setTimeout(fail, Math.max(1, withinMs));
  shared.meet(pass, keys, nowMs).then(
    ({ hasPass, firstMs }) => {
      clearTimeout(timer);
      if (hasPass) own.givePass(pass, nowMs);
      for (const [at, key] of keys.entries()) own.remember(key, firstMs[at] ?? nowMs, nowMs);
      if (!isLate) answer();
    },
    (error) => {
      clearTimeout(timer);
      warn(error);
      if (!isLate) fail();
    },
  );
}
