import type { Deadline } from "../limits/deadline.ts";
import type { Places } from "../limits/places.ts";
import type { Endpoint } from "../net/endpoint.ts";
import type { Attempt } from "../smtp/attempt.ts";
import type { Talk } from "../smtp/script.ts";
import { SharedAttempt } from "./shared-attempt.ts";
import type { Asker } from "./waiter.ts";

/**
 * The attempts of one run: one an endpoint and a talk, whoever asks for it. An attempt that has ended answers later askers too;
 * one that everybody has given up is closed. What is remembered ends with this object; the places are the process's.
 */
export class Attempts {
  readonly #places: Places;
  readonly #known = new Map<number | string, Map<string, Attempt | SharedAttempt>>();

  constructor(places: Places) {
    this.#places = places;
  }

  /** Makes an attempt, or joins the one that is being made or was made at that endpoint. */
  ask(endpoint: Endpoint, talk: Talk, asker: Asker): void {
    const known = this.#find(endpoint, talk);
    if (known === undefined) this.#places.enter(() => this.#make(endpoint, talk, asker));
    else answer(known, asker, asker.admitted());
  }

  /** Makes an attempt with the place that is held, or gives the place back if there is no need of it any more. */
  #make(endpoint: Endpoint, talk: Talk, asker: Asker): void {
    const deadline = asker.admitted();
    const known = this.#find(endpoint, talk) ?? (deadline.isOver ? notMade(endpoint) : undefined);
    if (known !== undefined) {
      this.#places.leave();
      answer(known, asker, deadline);
      return;
    }
    const there = this.#those(endpoint.port, talk);
    const shared = new SharedAttempt(endpoint, talk, deadline.atMs, this.#places, (attempt) => {
      if (attempt === undefined) there.delete(endpoint.address);
      else there.set(endpoint.address, attempt);
    });
    there.set(endpoint.address, shared);
    shared.join(asker, deadline);
  }

  #find({ address, port }: Endpoint, talk: Talk): Attempt | SharedAttempt | undefined {
    return this.#known.get(keyOf(port, talk))?.get(address);
  }

  #those(port: number, talk: Talk): Map<string, Attempt | SharedAttempt> {
    const key = keyOf(port, talk);
    const there = this.#known.get(key) ?? new Map<string, Attempt | SharedAttempt>();
    this.#known.set(key, there);
    return there;
  }
}

/** The greeting alone is known by its port: that is what ten thousand servers are asked for. */
function keyOf(port: number, { key }: Talk): number | string {
  return key === "" ? port : `${port} ${key}`;
}

function answer(known: Attempt | SharedAttempt, asker: Asker, deadline: Deadline): void {
  if (known instanceof SharedAttempt) known.join(asker, deadline);
  else asker.settled(known);
}

/** An attempt whose time was over before its turn came. */
function notMade(endpoint: Endpoint): Attempt {
  return { endpoint, outcome: { kind: "timed-out", stage: "connect" }, connectMs: null, greetingMs: null };
}
