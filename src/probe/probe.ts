import type { Stage } from "../smtp/attempt.ts";
import type { Target } from "../text/target.ts";
import type { ServerReport } from "./outcome.ts";

/** Whoever asks for a probe. One of the two is called, once. */
interface ProbeAsker {
  settled(report: ServerReport): void;
  /** How far it is; for whoever wants to tell others. */
  readonly reached?: ((stage: Stage) => void) | undefined;
  /** Something is wrong with this program or a resolver that it was given; it says nothing about the server. */
  failed(error: unknown): void;
}

/**
 * The one way to find out about a target. Whatever a server, a network or a name does is in the report. The signal says
 * that nobody wants to know any more. It calls back because a promise for each of ten thousand targets costs more than
 * the work between them.
 */
export type Probe = (target: Target, signal: AbortSignal, asker: ProbeAsker) => void;
