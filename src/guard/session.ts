import type { Decide } from "./question.ts";

/** What a protocol needs of the connection it is spoken on. */
export interface SessionIo {
  readonly decide: Decide;
  /** Says something; text is ASCII. */
  write(text: string): void;
  /** It is over: the connection is to be closed, at once and with a word in the log when there is a reason, else when all is said. */
  ended(why: string | null): void;
}

/** One connection's worth of a protocol. Answers come in the order of the questions. */
export interface Session {
  heard(octets: Uint8Array): void;
  /** The other side has no more to ask; it still gets its answers, and then the session ends. */
  finished(): void;
  /** Whether a question is being decided. */
  readonly isBusy: boolean;
}

/** Begins a session on a connection. */
export type OpenSession = (io: SessionIo) => Session;
