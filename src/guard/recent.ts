/** What a pure function has come to for the texts that it was asked about of late: thousands of recipients share a few. */
export class Recent<T> {
  readonly #most: number;
  readonly #make: (text: string) => T;
  readonly #known = new Map<string, T>();

  /** Keeps at most so many; beyond that it begins anew. */
  constructor(most: number, make: (text: string) => T) {
    this.#most = most;
    this.#make = make;
  }

  of(text: string): T {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const made = this.#make(text);
    if (this.#known.size >= this.#most) this.#known.clear();
    this.#known.set(text, made);
    return made;
  }
}
