/** Answers that may be ready in any order, given in the order in which they were asked for. */
export class Answers {
  readonly #write: (text: string) => void;
  readonly #slots: { text: string | undefined }[] = [];

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** How many have not been given. */
  get pending(): number {
    return this.#slots.length;
  }

  /** A place in the order; the function returned fills it, once. */
  expect(): (text: string) => void {
    const slot: { text: string | undefined } = { text: undefined };
    this.#slots.push(slot);
    return (text) => {
      slot.text = text;
      this.#give();
    };
  }

  #give(): void {
    let [first] = this.#slots;
    let ready = "";
    while (first?.text !== undefined) {
      ready += first.text;
      this.#slots.shift();
      [first] = this.#slots;
    }
    if (ready !== "") this.#write(ready);
  }
}
