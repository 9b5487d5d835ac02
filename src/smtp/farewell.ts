/** How long a server whose answer nobody waits for may take to greet. */
export const FAREWELL_MS = 100;

const pending = new Set<Promise<void>>();

/** Waits for a server's greeting that nobody needs, so that it hears QUIT, and no longer than {@link FAREWELL_MS}. */
export class Farewell {
  readonly #timer: Timer;
  readonly #left: () => void;
  readonly #over = Promise.withResolvers<void>();

  /** `giveUp` is called when the time is over, `left` in any case. */
  constructor(giveUp: () => void, left: () => void) {
    this.#left = left;
    pending.add(this.#over.promise);
    this.#timer = setTimeout(() => {
      giveUp();
      this.settled();
    }, FAREWELL_MS);
  }

  settled(): void {
    clearTimeout(this.#timer);
    pending.delete(this.#over.promise);
    this.#over.resolve();
    this.#left();
  }
}

/** Whether servers are being taken leave of. */
export function areLeaving(): boolean {
  return pending.size > 0;
}

/** Resolves when all who are being taken leave of have heard QUIT, or their time is over. */
export async function leavesTaken(): Promise<void> {
  while (pending.size > 0) await Promise.all(pending);
}
