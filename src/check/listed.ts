import type { ProbeOutcome } from "../probe/outcome.ts";
import type { Target } from "../text/target.ts";

/** One server of a run; `outcome` is what came of it when that is clear without probing it. */
export interface Listed {
  readonly target: Target;
  readonly outcome?: ProbeOutcome;
}
