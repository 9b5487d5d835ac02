import type { ConnectFailure } from "../net/connect-failure.ts";
import type { Endpoint } from "../net/endpoint.ts";
import type { Reply } from "./reply.ts";

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
