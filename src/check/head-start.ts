/** How long the first server is asked alone: the Connection Attempt Delay of RFC 8305 §5. */
export const HEAD_START_MS = 250;

/**
 * The head start of the first server that counts: while it is up nobody behind it is bothered, and a list of forty dead
 * ones costs it but once. It is over at once when that server is settled.
 */
export class HeadStart {
  readonly #over: () => void;
  #timer: Timer | undefined;
  #hasBegun = false;
  #isOn = false;

  /** `over` is called when the time is over. */
  constructor(over: () => void) {
    this.#over = over;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** A server is being asked; of these the first counts. */
  begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    this.#isOn = true;
    this.#timer = setTimeout(() => {
      this.#isOn = false;
      this.#over();
    }, HEAD_START_MS);
  }

  end(): void {
    this.#isOn = false;
    clearTimeout(this.#timer);
  }
}
