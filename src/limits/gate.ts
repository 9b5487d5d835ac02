/** Lets so many in at a time; the others wait in the order in which they came. */
export class Gate {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(places: number) {
    this.#free = places;
  }

  /** A place, at once when there is one; dispose of it to leave it. */
  enter(): Disposable | Promise<Disposable> {
    const place = { [Symbol.dispose]: () => this.#leave() };
    if (this.#free === 0) return new Promise((resolve) => this.#waiting.push(() => resolve(place)));
    this.#free -= 1;
    return place;
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
