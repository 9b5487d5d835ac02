/** One recipient named to the local mail server, as a protocol brought it; null for what is not known. */
export interface Question {
  readonly isAuthenticated: boolean;
  /** As it was given; not yet canonical. */
  readonly clientAddress: string | null;
  /** Verified: the name leads to the address and back. */
  readonly clientName: string | null;
  /** The local end of the client's connection. */
  readonly ownAddress: string | null;
  /** Without angle brackets; "" is the null sender. */
  readonly sender: string | null;
  /** Without angle brackets. A protocol that knows the domain alone gives `@domain`. */
  readonly recipient: string;
}

/** What is to be done with it. `text` is what the client is to be told behind code and enhanced code: printable ASCII, one line. */
export type Decision =
  | { readonly kind: "let-in" }
  | { readonly kind: "defer"; readonly action: Deferral; readonly server: string; readonly text: string }
  /** The dry run: let in, and the mail server may log the text. */
  | { readonly kind: "would-defer"; readonly text: string };

/** How a mail server is to say it. */
export type Deferral = "defer-if-permit" | "defer" | "450" | "451";

/** Decides; calls back once, at once or later, and never throws. */
export type Decide = (question: Question, decided: (decision: Decision) => void) => void;

/** Nothing stands against the recipient. */
export const LET_IN: Decision = { kind: "let-in" };
