/** What a pure function has come to for the texts that it was asked about of late: thousands of recipients share a few. */
export class Recent<T> {
  readonly #most: number;
  readonly #make: (text: string) => T;
  readonly #known = new Map<string, T>();
  /** Who asks again asks the same, mostly: that spares a look into the map. */
  #latest: { readonly text: string; readonly made: T } | undefined;

  /** Keeps at most so many; beyond that it begins anew. */
  constructor(most: number, make: (text: string) => T) {
    this.#most = most;
    this.#make = make;
  }

  of(text: string): T {
    if (this.#latest?.text === text) return this.#latest.made;
    const made = this.#known.get(text) ?? this.#add(text);
    this.#latest = { text, made };
    return made;
  }

  #add(text: string): T {
    const made = this.#make(text);
    if (this.#known.size >= this.#most) this.#known.clear();
    this.#known.set(text, made);
    return made;
  }
}
