import { SERVICE_READY } from "./reply.ts";
import type { Script, Turn } from "./script.ts";

/** The code alone decides: the rest of a `220-` teaser may take six seconds (postscreen(8)). */
const GREETING: Turn = { stage: "greeting", say: "", hear: "code", want: [SERVICE_READY] };

/** The conversation of RFC 5321 §3 as far as it is asked for, one stage a line: the greeting (§3.1). */
export function* ladder(): Script {
  const reply = yield GREETING;
  return { kind: "greeted", reply };
}
