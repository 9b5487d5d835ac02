import { type Reply, SERVICE_READY } from "./reply.ts";
import type { Say, Script, Talk } from "./script.ts";

/** The code alone decides: the rest of a `220-` teaser may take six seconds (postscreen(8)). */
const GREETING: Say = { stage: "greeting", say: "", want: [SERVICE_READY] };

/** The greeting alone (RFC 5321 §3.1): all there is to most conversations. What lies behind it is in dialogue.ts. */
export const GREETING_ALONE: Talk = { key: "", script: ladder };

function* ladder(): Script {
  const reply = yield GREETING;
  return { kind: "greeted", reply: reply as Reply };
}
