import type { Deadline, Limited } from "../limits/deadline.ts";
import { takeBackDescriptors } from "../limits/descriptors.ts";
import type { Places } from "../limits/places.ts";
import type { Endpoint } from "../net/endpoint.ts";
import { isWantOfDescriptors } from "../net/own-failure.ts";
import type { Attempt } from "../smtp/attempt.ts";
import { Conversation } from "../smtp/conversation.ts";
import { ladder } from "../smtp/ladder.ts";

/** Whoever asks for an attempt. */
export interface Asker {
  /** It is its turn: until when does it care? Time spent waiting for a turn is our fault, not the server's. */
  admitted(): Deadline;
  /** Called once, after {@link admitted}. */
  settled(attempt: Attempt): void;
}

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

/**
 * One conversation and those who wait for it; it is over once, when it settles or when the last of them has left. For
 * want of a descriptor it is begun anew, when there is one.
 */
class SharedAttempt {
  readonly #endpoint: Endpoint;
  readonly #places: Places;
  readonly #waiters = new Set<Waiter>();
  readonly #over: (attempt: Attempt | undefined) => void;
  #conversation: Conversation;
  /** What came of it before; it waits for a place to begin anew. */
  #earlier: Attempt | undefined;

  /** A place is taken for it. `over` is called once, with the attempt, or without one when it was given up. */
  constructor(endpoint: Endpoint, places: Places, over: (attempt: Attempt | undefined) => void) {
    this.#endpoint = endpoint;
    this.#places = places;
    this.#over = over;
    this.#conversation = new Conversation(endpoint, ladder(), this);
  }

  join(asker: Asker, deadline: Deadline): void {
    const waiter = new Waiter(asker, deadline, this);
    this.#waiters.add(waiter);
    deadline.add(waiter);
  }

  /** Those who wait are told before the place is given back: the answer may be that nobody else need be asked. */
  settled(attempt: Attempt): void {
    if (isForWantOfDescriptors(attempt) && this.#mayBeginAnew()) {
      this.#beginAnew(attempt);
      return;
    }
    this.#over(attempt);
    for (const waiter of this.#waiters) waiter.tell(attempt);
    this.#places.leave();
  }

  leave(waiter: Waiter): void {
    this.#waiters.delete(waiter);
    const attempt = this.#earlier ?? this.#conversation.timedOut();
    if (this.#waiters.size > 0) {
      waiter.tell(attempt);
      return;
    }
    this.#over(undefined);
    waiter.tell(attempt);
    if (this.#earlier !== undefined) return;
    if (waiter.isCalledOff) this.#conversation.takeLeave(() => this.#places.leave());
    else {
      this.#conversation.cancel();
      this.#places.leave();
    }
  }

  /** Others will give theirs back, or there is something that this process can do without. */
  #mayBeginAnew(): boolean {
    return this.#places.taken > 1 || takeBackDescriptors();
  }

  #beginAnew(earlier: Attempt): void {
    this.#earlier = earlier;
    this.#places.makeDo();
    this.#places.leave();
    this.#places.enter(() => {
      if (this.#waiters.size === 0) {
        this.#places.leave();
        return;
      }
      this.#earlier = undefined;
      this.#conversation = new Conversation(this.#endpoint, ladder(), this);
    });
  }
}

function isForWantOfDescriptors({ outcome }: Attempt): boolean {
  return outcome.kind === "no-resources" && isWantOfDescriptors(outcome.cause);
}

/** One asker that waits for a shared attempt, until its own deadline. */
class Waiter implements Limited {
  readonly #asker: Asker;
  readonly #deadline: Deadline;
  readonly #shared: SharedAttempt;

  constructor(asker: Asker, deadline: Deadline, shared: SharedAttempt) {
    this.#asker = asker;
    this.#deadline = deadline;
    this.#shared = shared;
  }

  get isCalledOff(): boolean {
    return this.#deadline.isCalledOff;
  }

  timeIsOver(): void {
    this.#shared.leave(this);
  }

  tell(attempt: Attempt): void {
    this.#deadline.delete(this);
    this.#asker.settled(attempt);
  }
}
