import type { AttemptOutcome, Stage } from "./attempt.ts";
import { BUSY, type Reply } from "./reply.ts";
import type { Answer } from "./script.ts";

/** Stages at which a server may put off what it would do later: greylisting is no defect (RFC 5321 §4.2.1). */
const MAY_DEFER: ReadonlySet<Stage> = new Set(["auth", "mail", "rcpt"]);

/** RFC 5321 §4.1.1.10. */
export const QUIT = "QUIT\r\n";

/** What a reply means that is not the one wanted. */
export function refusalOf(stage: Stage, reply: Reply): AttemptOutcome {
  if (reply.code === BUSY) return { kind: "busy", stage, reply };
  if (reply.code >= 400 && reply.code < 500 && MAY_DEFER.has(stage))
    return { kind: "deferred", stage, reply };
  return { kind: "declined", stage, reply };
}

/** QUIT, or nothing behind the answer of a server that has not greeted, is amid a reply, or waits for the rest of a login. */
export function lastWordAfter(answer: Answer, isGreeted: boolean): string {
  const isMidWord = "code" in answer && answer.code >= 300 && answer.code < 400;
  const isReplyOver = "code" in answer ? answer.complete : isGreeted;
  return isReplyOver && !isMidWord ? QUIT : "";
}
