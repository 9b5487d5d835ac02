import type { Lookups } from "../probe/lookups.ts";
import type { Probe } from "../probe/probe.ts";
import { GREETING_ALONE } from "../smtp/greeting.ts";
import type { Talk } from "../smtp/script.ts";
import type { Target } from "../text/target.ts";
import type { Listed } from "./listed.ts";
import type { CheckOptions } from "./options.ts";

/** How the targets of a run are talked to. */
export interface Talks {
  readonly with: (target: Target) => Talk;
  /** What, beside the endpoint, an outcome depends on: as it was asked, and of the earlier stages that a success answers for too. */
  readonly mannersOf: (target: Target) => readonly [asked: string, ...earlier: string[]];
  /** Puts what is to be asked in place of what was listed; left out where that is the same. */
  readonly expand?: (listed: readonly Listed[], lookups: Lookups) => Promise<readonly Listed[]>;
  /** Keeps an order among probes; left out where all may go on at once. */
  readonly inOrder?: (probe: Probe) => Probe;
}

/** Waits for the greeting, and says QUIT. */
export const GREETINGS: Talks = { with: () => GREETING_ALONE, mannersOf: () => [GREETING_ALONE.key] };

const DIALOGUE_OPTIONS = [
  "helo",
  "tls",
  "auth",
  "from",
  "to",
  "lmtp",
  "proxyProtocol",
  "expect",
  "everyAddress",
  "onTranscript",
] as const;

/** Whether there is nothing more to talk about: what more takes is loaded when it is wanted (dialogue-talks.ts). */
export function isGreetingAlone({ quitAfter = "greeting", ...options }: CheckOptions): boolean {
  return quitAfter === "greeting" && DIALOGUE_OPTIONS.every((name) => options[name] === undefined);
}
