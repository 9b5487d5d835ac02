import type { Ends, Handshake } from "../net/listener.ts";
import type { TlsFacts } from "../tls/facts.ts";
import type { Attempt, AttemptOutcome, QuitStage, Stage } from "./attempt.ts";
import type { Reply, ReplyReader } from "./reply.ts";

/** One step of a conversation: what is said, what is waited for, and the reply codes with which it goes on. */
export interface Say {
  readonly stage: QuitStage;
  /** The command with its line end; empty where the server speaks first. */
  readonly say: string;
  /** What a transcript shows of it, where that holds a secret. */
  readonly shown?: string;
  /** The codes with which it goes on; "any" leaves all but 421 to the script. */
  readonly want: readonly number[] | "any";
  /** Judges the whole reply; left out where the code of its first line is enough. */
  readonly judge?: (reader: ReplyReader, turn: Say) => Reply | AttemptOutcome;
  /** What is settled already: whatever comes of this step, it remains. */
  readonly known?: AttemptOutcome;
}

/** A step that is no command but a TLS handshake. */
export interface Secure {
  readonly stage: "starttls";
  readonly secure: {
    readonly options: Bun.TLSOptions;
    /** The share of the time left that it may take. */
    readonly share: number;
    /** What the handshake came to, or why it failed. */
    read(handshake: Handshake): TlsFacts | string;
  };
}

/** A step that is work of our own, off the event loop: a server must not decide how long that stands still. */
interface Work {
  readonly stage: QuitStage;
  readonly work: Promise<string>;
}

/** What a script may do next. */
export type Turn = Say | Secure | Work;

/** What came of a turn: the reply, what the handshake came to, or what the work did. */
export type Answer = Reply | TlsFacts | { readonly result: string };

/**
 * A conversation as it should go: it yields its turns, is given the answer to each, and returns what has been reached.
 * Whatever else may come, a refusal, silence, the end, is the player's business ({@link import("./conversation.ts")}).
 */
export type Script = Generator<Turn, AttemptOutcome, Answer>;

/** Where a script is played: the addresses of both ends; undefined for a socket that has none. */
export type Here = Pick<Ends, "localAddress" | "remoteAddress">;

/** Takes note of what comes past the greeting. */
export interface Notes {
  answered(turn: Turn, answer: Answer, elapsedMs: number): void;
  /** The attempt with all that, and without anything secret; the turn that has not been answered counts too. */
  attest(attempt: Attempt, turn: Turn | undefined, elapsedMs: number): Attempt;
}

/** How one conversation is held. */
export interface Talk {
  /** Conversations with one endpoint that have the same key are the same; "" is the greeting alone. */
  readonly key: string;
  script(here: Here): Script;
  /** Takes notes of one conversation. */
  readonly takeNotes?: () => Notes;
  /** What is said first of all, before TLS too (PROXY protocol). */
  readonly prelude?: (connection: Ends) => string;
  /** The talk to have over another connection when the handshake of this one failed; undefined for none. */
  readonly inTheClear?: (failed: Attempt) => Talk;
  /** How long the answer to a turn is waited for that changes nothing, in milliseconds; left out for half a second. */
  readonly formalityMs?: number;
  /** Whether a host's addresses are tried one after the other, and none after the secret was used. */
  readonly isSecret?: boolean;
  /** Is told each line that is said (`C`) and heard (`S`), not yet clean. */
  readonly overhear?: (who: "C" | "S" | "-", text: string, address: string) => void;
}

/** Whoever a conversation is held for. */
export interface Party {
  /** Called once with what came of it, from the socket's own handlers; never by a constructor, nor after a cancel. */
  settled(attempt: Attempt): void;
  /** A turn of this stage has begun. */
  reached?(stage: Stage): void;
}
