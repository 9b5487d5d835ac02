import type { Deadline } from "../limits/deadline.ts";
import type { Places } from "../limits/places.ts";
import type { Endpoint } from "../net/endpoint.ts";
import type { Attempt } from "../smtp/attempt.ts";
import { type Asker, SharedAttempt } from "./shared-attempt.ts";

/**
 * The attempts of one run: one an endpoint, whoever asks for it. An attempt that has ended answers later askers too;
 * one that everybody has given up is closed. What is remembered ends with this object; the places are the process's.
 */
export class Attempts {
  readonly #places: Places;
  readonly #known = new Map<number, Map<string, Attempt | SharedAttempt>>();

  constructor(places: Places) {
    this.#places = places;
  }

  /** Makes an attempt, or joins the one that is being made or was made at that endpoint. */
  ask(endpoint: Endpoint, asker: Asker): void {
    const known = this.#find(endpoint);
    if (known === undefined) this.#places.enter(() => this.#make(endpoint, asker));
    else answer(known, asker, asker.admitted());
  }

  /** Makes an attempt with the place that is held, or gives the place back if there is no need of it any more. */
  #make(endpoint: Endpoint, asker: Asker): void {
    const deadline = asker.admitted();
    const known = this.#find(endpoint) ?? (deadline.isOver ? notMade(endpoint) : undefined);
    if (known !== undefined) {
      this.#places.leave();
      answer(known, asker, deadline);
      return;
    }
    const shared = new SharedAttempt(endpoint, this.#places, (attempt) => {
      if (attempt === undefined) this.#at(endpoint.port).delete(endpoint.address);
      else this.#at(endpoint.port).set(endpoint.address, attempt);
    });
    this.#at(endpoint.port).set(endpoint.address, shared);
    shared.join(asker, deadline);
  }

  #find({ address, port }: Endpoint): Attempt | SharedAttempt | undefined {
    return this.#known.get(port)?.get(address);
  }

  #at(port: number): Map<string, Attempt | SharedAttempt> {
    const there = this.#known.get(port) ?? new Map<string, Attempt | SharedAttempt>();
    this.#known.set(port, there);
    return there;
  }
}

function answer(known: Attempt | SharedAttempt, asker: Asker, deadline: Deadline): void {
  if (known instanceof SharedAttempt) known.join(asker, deadline);
  else asker.settled(known);
}

/** An attempt whose time was over before its turn came. */
function notMade(endpoint: Endpoint): Attempt {
  return { endpoint, outcome: { kind: "timed-out", stage: "connect" }, connectMs: null, greetingMs: null };
}
