import type { Deadline } from "../limits/deadline.ts";
import { takeBackDescriptors } from "../limits/descriptors.ts";
import type { Places } from "../limits/places.ts";
import type { Endpoint } from "../net/endpoint.ts";
import { descriptorShortage, isWantOfDescriptors } from "../net/own-failure.ts";
import type { Attempt, Stage } from "../smtp/attempt.ts";
import { Conversation } from "../smtp/conversation.ts";
import { INJECTION } from "../smtp/line.ts";
import type { Talk } from "../smtp/script.ts";
import { type Asker, Waiter } from "./waiter.ts";

/** Where nobody else of this process has a descriptor to give back, others may have: so often it is tried again. */
const MAX_LONELY_TRIES = 3;

/**
 * One conversation and those who wait for it; it is over once, when it settles or when the last of them has left. For
 * want of a descriptor it is begun anew, when there is one.
 */
export class SharedAttempt {
  readonly #endpoint: Endpoint;
  #talk: Talk;
  #untilMs: number;
  readonly #places: Places;
  readonly #waiters = new Set<Waiter>();
  readonly #over: (attempt: Attempt | undefined) => void;
  #conversation: Conversation;
  #lonelyTries = 0;

  /** A place is taken for it. `over` is called once, with the attempt, or without one when it was given up. */
  constructor(
    endpoint: Endpoint,
    talk: Talk,
    untilMs: number,
    places: Places,
    over: (attempt: Attempt | undefined) => void,
  ) {
    this.#endpoint = endpoint;
    this.#talk = talk;
    this.#untilMs = untilMs;
    this.#places = places;
    this.#over = over;
    this.#conversation = new Conversation(endpoint, talk, this, untilMs);
  }

  join(asker: Asker, deadline: Deadline): void {
    const waiter = new Waiter(asker, deadline, this.#leave);
    this.#waiters.add(waiter);
    deadline.add(waiter);
  }

  /** Those who wait are told before the place is given back: the answer may be that nobody else need be asked. */
  settled(attempt: Attempt): void {
    if (isForWantOfDescriptors(attempt) && this.#mayBeginAnew()) {
      this.#beginAnew();
      return;
    }
    const { inTheClear } = this.#talk;
    if (inTheClear !== undefined && isHandshakeFailed(attempt)) {
      this.#talk = inTheClear(attempt);
      this.#conversation = new Conversation(this.#endpoint, this.#talk, this, this.#untilMs);
      return;
    }
    this.#over(attempt);
    for (const waiter of this.#waiters) waiter.tell(attempt);
    this.#places.leave();
  }

  reached(stage: Stage): void {
    for (const waiter of this.#waiters) waiter.reached(stage);
  }

  readonly #leave = (waiter: Waiter): void => {
    this.#waiters.delete(waiter);
    const attempt = this.#conversation.timedOut();
    if (this.#waiters.size > 0) {
      waiter.tell(attempt);
      return;
    }
    this.#over(undefined);
    waiter.tell(attempt);
    if (waiter.isCalledOff) this.#conversation.takeLeave(() => this.#places.leave());
    else {
      this.#conversation.cancel();
      this.#places.leave();
    }
  };

  /** Others will give theirs back, there is something that this process can do without, or one has become free since. */
  #mayBeginAnew(): boolean {
    if (this.#places.taken > 1 || takeBackDescriptors()) return true;
    this.#lonelyTries += 1;
    return this.#lonelyTries <= MAX_LONELY_TRIES && descriptorShortage() === undefined;
  }

  #beginAnew(): void {
    for (const waiter of this.#waiters) waiter.suspend();
    this.#places.makeDo();
    this.#places.leave();
    this.#places.enter(() => {
      for (const waiter of this.#waiters) waiter.resume();
      this.#untilMs = Math.max(...[...this.#waiters].map(({ untilMs }) => untilMs));
      this.#conversation = new Conversation(this.#endpoint, this.#talk, this, this.#untilMs);
    });
  }
}

/** Whether a sender that uses TLS when it can would come again in the clear. */
function isHandshakeFailed({ outcome }: Attempt): boolean {
  return outcome.kind === "tls-failed" && outcome.reply === null && outcome.cause !== INJECTION;
}

function isForWantOfDescriptors({ outcome }: Attempt): boolean {
  return outcome.kind === "no-resources" && isWantOfDescriptors(outcome.cause);
}
