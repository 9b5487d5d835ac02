import type { AttemptOutcome } from "./attempt.ts";
import { refusalOf } from "./refusal.ts";
import { BUSY, type Reply, type ReplyReader } from "./reply.ts";
import type { Say } from "./script.ts";

/**
 * Judges a whole reply to what was said: the reply itself, when the dialogue may go on, else what came of it. Of a
 * greeting the last line decides, `220-` and then 554 is no welcome; in any other reply all lines have one code (RFC
 * 5321 §4.2.1). One that is too long to be read is none.
 */
export function judgeReply(reader: ReplyReader, { stage, want }: Say): Reply | AttemptOutcome {
  const { codes, isComplete, firstLine } = reader;
  const last = codes.at(-1);
  const isOne = stage === "greeting" || codes.every((code) => code === last);
  if (last === undefined || last === 0 || !isComplete || !isOne)
    return { kind: "not-smtp", stage, text: firstLine };
  const reply = reader.reply(last);
  const isWanted = want === "any" ? last !== BUSY : want.includes(last);
  return isWanted ? reply : refusalOf(stage, reply);
}

/**
 * The same for a command whose success is 250 or its like (RFC 5321 §4.3.2): another 2xx, 220 above all, is the answer
 * to something else, and all that follows would be off by one.
 */
export function judgeInStep(reader: ReplyReader, turn: Say): Reply | AttemptOutcome {
  const heard = judgeReply(reader, turn);
  const isForeign = "code" in heard && heard.code < 300 && (heard.code < 250 || heard.code > 259);
  return isForeign ? { kind: "not-smtp", stage: turn.stage, text: reader.firstLine } : heard;
}
