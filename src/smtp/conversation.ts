import { type ConnectFailure, explainConnectFailure } from "../net/connect-failure.ts";
import type { Endpoint } from "../net/endpoint.ts";
import { LineConnection } from "../net/line-connection.ts";
import { type Reply, ReplyReader } from "./reply.ts";

/** How far a conversation has come; `dns` belongs to the target, the others to one connection. */
export type Stage = "dns" | "connect" | "greeting";

/** What came of one connection to one endpoint. */
export type AttemptOutcome =
  | { readonly kind: "greeted"; readonly reply: Reply }
  | { readonly kind: "declined"; readonly reply: Reply }
  | { readonly kind: "not-smtp"; readonly text: string }
  | { readonly kind: "closed" }
  | { readonly kind: "reset"; readonly stage: Stage }
  | { readonly kind: "timed-out"; readonly stage: Stage }
  | ConnectFailure;

/** One connection to one endpoint, with its evidence; milliseconds are null for a stage that was not reached. */
export interface Attempt {
  readonly endpoint: Endpoint;
  readonly outcome: AttemptOutcome;
  readonly connectMs: number | null;
  readonly greetingMs: number | null;
}

/** "Service ready" (RFC 5321 §4.3.2): the only greeting of an available server. */
const SERVICE_READY = 220;
/** How long the rest of a reply's text is waited for when its code has already said no. */
const LATE_TEXT_MS = 100;

/**
 * A conversation that goes as far as the greeting. The code decides as soon as it is there; QUIT is said after a
 * complete greeting (RFC 5321 §4.1.1.10) and its answer is not waited for; nothing is said after an incomplete one.
 */
export class Dialogue {
  readonly #connection = new LineConnection();
  readonly #startedAtMs = performance.now();
  readonly #endpoint: Endpoint;
  #openedAtMs: number | null = null;
  /** Settles with what came of it; never, when it is cancelled. */
  readonly attempt: Promise<Attempt>;

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
    this.attempt = this.#run();
  }

  /** What there is to say when time runs out now. */
  timedOut(): Attempt {
    return this.#evidence({ kind: "timed-out", stage: this.#openedAtMs === null ? "connect" : "greeting" });
  }

  /** Closes the connection at once; nobody wants to know any more. */
  cancel(): void {
    this.#connection.terminate();
  }

  async #run(): Promise<Attempt> {
    const failure = await this.#connection.open(this.#endpoint);
    if (failure !== undefined) {
      const elapsedMs = performance.now() - this.#startedAtMs;
      return this.#evidence(await explainConnectFailure(failure, this.#endpoint, elapsedMs));
    }
    this.#openedAtMs = performance.now();
    return this.#evidence(await readGreeting(this.#connection));
  }

  #evidence(outcome: AttemptOutcome): Attempt {
    const nowMs = performance.now();
    const openedAtMs = this.#openedAtMs;
    return {
      endpoint: this.#endpoint,
      outcome,
      connectMs: (openedAtMs ?? nowMs) - this.#startedAtMs,
      greetingMs: openedAtMs === null ? null : nowMs - openedAtMs,
    };
  }
}

async function readGreeting(connection: LineConnection): Promise<AttemptOutcome> {
  const reader = new ReplyReader();
  while (reader.start === "unknown") {
    const arrival = await connection.read();
    if (arrival === "closed") return { kind: "closed" };
    if (arrival === "reset") return { kind: "reset", stage: "greeting" };
    reader.push(arrival);
  }
  const { start } = reader;
  if (start !== SERVICE_READY && !reader.finished) await readLateText(connection, reader);
  if (start === "not-smtp") {
    connection.end();
    return { kind: "not-smtp", text: reader.firstLine };
  }
  const reply = reader.reply(start);
  connection.end(reply.complete ? "QUIT\r\n" : "");
  return { kind: start === SERVICE_READY ? "greeted" : "declined", reply };
}

async function readLateText(connection: LineConnection, reader: ReplyReader): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<"late">();
  const timer = setTimeout(resolve, LATE_TEXT_MS, "late");
  while (!reader.finished) {
    const arrival = await Promise.race([connection.read(), late]);
    if (typeof arrival === "string") break;
    reader.push(arrival);
  }
  clearTimeout(timer);
}
