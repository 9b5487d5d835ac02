/** The first place of all that were added, and the first whose preference is another than that one's. */
export class Firsts {
  #first = Number.POSITIVE_INFINITY;
  #preference: number | null = null;
  #other = Number.POSITIVE_INFINITY;

  /** Places come in any order, each once. */
  add(at: number, preference: number | null): void {
    const isRival = preference !== null && preference === this.#preference;
    if (at > this.#first) {
      if (!isRival) this.#other = Math.min(this.#other, at);
      return;
    }
    if (!isRival) this.#other = this.#first;
    this.#first = at;
    this.#preference = preference;
  }

  /** The first place whose preference is not this one, infinite for none; null leaves nothing out. */
  except(preference: number | null): number {
    return preference !== null && preference === this.#preference ? this.#other : this.#first;
  }
}
