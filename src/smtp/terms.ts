import type { Handshake } from "../net/listener.ts";
import type { Credentials } from "../sasl/mechanism.ts";
import type { MechanismName } from "../sasl/mechanisms.ts";
import type { TlsFacts } from "../tls/facts.ts";
import type { QuitStage } from "./attempt.ts";

/** Postfix's words: no TLS, TLS when it is offered, TLS whoever the other end is, and TLS with an end that is known. */
export const TLS_LEVELS = ["none", "may", "encrypt", "verify"] as const;
/** One of them. */
export type TlsLevel = (typeof TLS_LEVELS)[number];

/** What one dialogue is about. */
export interface DialogueTerms {
  readonly quitAfter: QuitStage;
  /** What to be called; null for the literal of this end's address. */
  readonly helo: string | null;
  readonly isLmtp: boolean;
  readonly level: TlsLevel;
  /** Whether TLS begins with the first octet. */
  readonly isImplicit: boolean;
  readonly tls: { readonly options: Bun.TLSOptions; read(handshake: Handshake): TlsFacts | string };
  readonly auth: (Credentials & { readonly mechanism: MechanismName | undefined }) | null;
  /** Without angle brackets; the empty one is the null sender. */
  readonly from: string;
  readonly to: string;
  readonly expect: readonly string[];
}
