/** How long a server whose answer nobody waits for may take to greet. */
export const FAREWELL_MS = 100;

const pending = new Set<Promise<void>>();

/** Waits for a server's greeting that nobody needs, so that it hears QUIT, and no longer than {@link FAREWELL_MS}. */
export class Farewell {
  readonly #giveUp: () => void;
  readonly #left: () => void;
  readonly #timer = setTimeout(() => this.#end(), FAREWELL_MS);
  readonly #over = Promise.withResolvers<void>();
  #lateNews: NodeJS.Immediate | undefined;

  /** `giveUp` is called when the time is over, `left` in any case. */
  constructor(giveUp: () => void, left: () => void) {
    this.#giveUp = giveUp;
    this.#left = left;
    pending.add(this.#over.promise);
  }

  /** Ends when the event loop has looked at its sockets, unless there is a connection by then. */
  unless(isConnected: () => boolean): void {
    this.#lateNews = setImmediate(() => {
      this.#lateNews = setImmediate(() => {
        if (!isConnected()) this.#end();
      });
    });
  }

  settled(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#lateNews);
    pending.delete(this.#over.promise);
    this.#over.resolve();
    this.#left();
  }

  #end(): void {
    this.#giveUp();
    this.settled();
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
