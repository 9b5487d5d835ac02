import type { ConnectFailure } from "../net/connect-failure.ts";
import type { Endpoint } from "../net/endpoint.ts";
import type { CertificateFault, TlsFacts } from "../tls/facts.ts";
import type { Reply } from "./reply.ts";

/** The stages that a conversation can be asked to reach, in order: each includes those before it. */
export const QUIT_STAGES = ["greeting", "ehlo", "starttls", "auth", "mail", "rcpt"] as const;
/** The last stage of a conversation that goes well; swaks's word. */
export type QuitStage = (typeof QUIT_STAGES)[number];

/** How far a conversation has come; `dns` belongs to the target, the others to one connection. */
export type Stage = "dns" | "connect" | QuitStage;

/** All of them, in order. */
export const STAGES: readonly Stage[] = ["dns", "connect", ...QUIT_STAGES];

/** What came of one connection to one endpoint. */
export type AttemptOutcome =
  | { readonly kind: "greeted"; readonly reply: Reply }
  /** Everything went well through a later stage. */
  | { readonly kind: "reached"; readonly stage: Stage; readonly reply: Reply }
  /** 5xx; at the greeting, EHLO or STARTTLS another 4xx too. */
  | { readonly kind: "declined"; readonly stage: Stage; readonly reply: Reply }
  /** 421, at any stage (RFC 5321 §3.8). */
  | { readonly kind: "busy"; readonly stage: Stage; readonly reply: Reply }
  /** Another 4xx to AUTH, MAIL or RCPT. */
  | { readonly kind: "deferred"; readonly stage: Stage; readonly reply: Reply }
  | { readonly kind: "not-smtp"; readonly stage: Stage; readonly text: string }
  | { readonly kind: "closed"; readonly stage: Stage }
  | { readonly kind: "reset"; readonly stage: Stage }
  | { readonly kind: "timed-out"; readonly stage: Stage }
  | { readonly kind: "starttls-missing"; readonly stage: Stage }
  /** STARTTLS was refused with this reply, or (null) the handshake failed. */
  | {
      readonly kind: "tls-failed";
      readonly stage: Stage;
      readonly cause: string;
      readonly reply: Reply | null;
    }
  | { readonly kind: CertificateFault["kind"]; readonly stage: Stage; readonly cause: string }
  | { readonly kind: "auth-missing"; readonly stage: Stage; readonly offered: readonly string[] }
  | {
      readonly kind: "auth-failed";
      readonly stage: Stage;
      readonly cause: string;
      readonly reply: Reply | null;
    }
  | { readonly kind: "extension-missing"; readonly stage: Stage; readonly extension: string }
  | ConnectFailure;

/** What was learnt past the greeting. */
export interface Dialogue {
  /** What each later stage took that was begun. */
  readonly stagesMs: Readonly<Partial<Record<Stage, number>>>;
  /** How this client said hello last, and the answer when it was 2xx; null before that. */
  readonly hello: "EHLO" | "HELO" | "LHLO" | null;
  readonly offer: Reply | null;
  readonly tls: TlsFacts | null;
  /** Why there is no TLS although it was offered and asked for: the dialogue went on in the clear (`--tls may`). */
  readonly tlsFailure: string | null;
  /** Whether the secret has been used, wherever that led: it is used once. */
  readonly isSecretUsed: boolean;
}

/** One connection to one endpoint, with its evidence; milliseconds are null for a stage that was not reached. */
export interface Attempt {
  readonly endpoint: Endpoint;
  readonly outcome: AttemptOutcome;
  readonly connectMs: number | null;
  readonly greetingMs: number | null;
  /** Left out for a conversation that was to end with the greeting. */
  readonly dialogue?: Dialogue;
}
