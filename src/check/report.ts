import type { ServerReport, Status } from "../probe/outcome.ts";
import type { QuitStage } from "../smtp/attempt.ts";
import type { Target } from "../text/target.ts";
import type { Requirement } from "./verdict.ts";

/** A verdict with its evidence. */
export interface Report {
  /**
   * Whether one of the servers that count is available, whatever was required; undetermined too when a check that
   * requires all of them ended before that was known.
   */
  readonly verdict: Exclude<Status, "skipped">;
  /** The server to use, when one is available. */
  readonly server: Target | null;
  readonly requirement: Requirement;
  /** How far a server had to come to be available. */
  readonly quitAfter: QuitStage;
  /** Whether the requirement is met; null when that cannot be told because of this machine. */
  readonly met: boolean | null;
  /** The servers settled by the time of the verdict, in list order. */
  readonly servers: readonly ServerReport[];
  readonly elapsedMs: number;
}
