import { descriptorRoom } from "./descriptors.ts";

/** Most connections open at a time: 64 to 256 are fastest, and stay below the usual descriptor limit. */
export const MAX_CONNECTIONS = 256;
/** Names looked up at a time: more overflow a name server's buffer, and then answers are lost. */
const MAX_LOOKUPS = 100;
/** With so many connections open, the room that the descriptor limit leaves is looked at before one more is made. */
const MANY_CONNECTIONS = 24;

/** A want of room is believed so long, for others may give back what they have: then it is looked at again. */
const LOOK_AGAIN_MS = 250;

/** Lets so many in at a time; the others wait in the order in which they came. */
export class Places {
  readonly #limit: (taken: number) => number;
  readonly #waiting: (() => void)[] = [];
  #firstWaiting = 0;
  #taken = 0;
  #ceiling = Number.POSITIVE_INFINITY;
  #ceilingUntilMs = 0;
  #isAdmitting = false;

  /** The limit may depend on how many places are taken. */
  constructor(limit: number | ((taken: number) => number)) {
    this.#limit = typeof limit === "number" ? () => limit : limit;
  }

  /** How many places are taken. */
  get taken(): number {
    return this.#taken;
  }

  /** Calls back with a place taken, at once when there is one; {@link leave} gives it back. */
  enter(admitted: () => void): void {
    if (this.#firstWaiting < this.#waiting.length || !this.#isRoom()) {
      this.#waiting.push(admitted);
    } else {
      this.#taken += 1;
      admitted();
    }
  }

  /** Gives a place back. */
  leave(): void {
    this.#taken -= 1;
    this.#admit();
  }

  /** There turned out to be no room for the last of those who are in: for a while no more than the others are let in. */
  makeDo(): void {
    this.#ceiling = Math.max(1, this.#taken - 1);
    this.#ceilingUntilMs = performance.now() + LOOK_AGAIN_MS;
  }

  #isRoom(): boolean {
    if (this.#taken === 0 || performance.now() > this.#ceilingUntilMs)
      this.#ceiling = Number.POSITIVE_INFINITY;
    return this.#taken < this.#ceiling && this.#taken < this.#limit(this.#taken);
  }

  /** A loop, for who is let in may leave at once, and thousands may do so. */
  #admit(): void {
    if (this.#isAdmitting || this.#firstWaiting === this.#waiting.length) return;
    this.#isAdmitting = true;
    try {
      while (this.#firstWaiting < this.#waiting.length && this.#isRoom()) {
        const next = this.#waiting[this.#firstWaiting];
        this.#firstWaiting += 1;
        this.#taken += 1;
        next?.();
      }
    } finally {
      this.#isAdmitting = false;
      if (this.#firstWaiting >= this.#waiting.length || this.#firstWaiting > MAX_CONNECTIONS) {
        this.#waiting.splice(0, this.#firstWaiting);
        this.#firstWaiting = 0;
      }
    }
  }
}

let limit = MAX_CONNECTIONS;
let lookedAtMs = 0;
let wereMany = false;

/** The places of this process for connections: what it may have open is its own limit, whoever asks. */
export const connections = new Places((taken) => {
  const areMany = taken >= MANY_CONNECTIONS;
  const isWanting = taken >= limit && limit < MAX_CONNECTIONS;
  if (areMany && !wereMany) lookAtRoom(taken);
  else if (isWanting && performance.now() > lookedAtMs + LOOK_AGAIN_MS) lookAtRoom(taken);
  wereMany = areMany;
  return limit;
});

/** Half of them, for who may keep others waiting. */
export const slowConnections = new Places(() => Math.max(1, Math.floor(limit / 2)));

/** The same for lookups of names. */
export const lookups = new Places(MAX_LOOKUPS);

/** So many connections may be wanted soon: whether there is room for them is looked at before the first is made. */
export function expectConnections(count: number): void {
  if (count >= MANY_CONNECTIONS) lookAtRoom(connections.taken);
  else if (connections.taken === 0) limit = MAX_CONNECTIONS;
}

/** For a few it would cost more than the probes. */
function lookAtRoom(taken: number): void {
  lookedAtMs = performance.now();
  limit = Math.max(1, Math.min(MAX_CONNECTIONS, taken + descriptorRoom()));
}
