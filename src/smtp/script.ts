import type { AttemptOutcome, Stage } from "./attempt.ts";
import type { Reply } from "./reply.ts";

/** One step of a conversation: what is said, what is waited for, and the reply codes with which it goes on. */
export interface Turn {
  readonly stage: Exclude<Stage, "dns" | "connect">;
  /** The command with its line end; empty where the server speaks first. */
  readonly say: string;
  /** Whether the code alone is enough to go on, or the reply must be complete. */
  readonly hear: "code" | "reply";
  readonly want: readonly number[];
}

/**
 * A conversation as it should go: it yields its turns, is given the reply to each, and returns what has been reached.
 * Whatever else may come, a refusal, silence, the end, is the player's business ({@link import("./conversation.ts")}).
 */
export type Script = Generator<Turn, AttemptOutcome, Reply>;
