import { type Exchange, SaslError } from "../sasl/mechanism.ts";
import { chooseMechanism, MECHANISMS } from "../sasl/mechanisms.ts";
import type { AttemptOutcome } from "./attempt.ts";
import { judgeReply } from "./hearing.ts";
import { mechanismsOf } from "./offer.ts";
import { refusalOf } from "./refusal.ts";
import type { Reply } from "./reply.ts";
import type { Answer, Turn } from "./script.ts";
import type { DialogueTerms } from "./terms.ts";

/** "Authentication succeeded", and "go on", a challenge (RFC 4954 §6, §4). */
const [SUCCEEDED, CHALLENGE] = [235, 334];
/** Longest command line without its end, in octets (RFC 5321 §4.5.3.1.4); a longer first word waits for the challenge. */
const MAX_COMMAND_OCTETS = 510;
/** What a transcript shows of what might be secret. */
const HIDDEN = " ***";
const BASE64 = /^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/;

/**
 * AUTH with the first mechanism that both know (RFC 4954 §4), once: the reply to it when it succeeded, else the outcome.
 * A challenge that makes no sense is answered with `*`, which ends the exchange; a success is none before the mechanism
 * has all it asks of the server.
 */
export function* authenticate(
  auth: NonNullable<DialogueTerms["auth"]>,
  offer: Reply,
): Generator<Turn, Reply | AttemptOutcome, Answer> {
  const offered = mechanismsOf(offer);
  const mechanism = chooseMechanism(offered, auth.mechanism);
  if (mechanism === undefined) return { kind: "auth-missing", stage: "auth", offered };
  const exchange = MECHANISMS[mechanism](auth);
  const first = yield* step(exchange, null);
  const word = first === null ? "" : ` ${first === "" ? "=" : btoa(first)}`;
  const fits = "AUTH ".length + mechanism.length + word.length <= MAX_COMMAND_OCTETS;
  let reply = yield* say(
    `AUTH ${mechanism}${fits ? word : ""}`,
    `AUTH ${mechanism}${fits && word !== "" ? HIDDEN : ""}`,
  );
  if (!fits && reply.code === CHALLENGE) reply = yield* say(btoa(first ?? ""), HIDDEN.trim());
  try {
    while (reply.code === CHALLENGE) {
      const challenge = reply.lines.join("").trim();
      if (!BASE64.test(challenge)) throw new SaslError("its challenge is not base64");
      const value = yield* step(exchange, atob(challenge));
      if (value === null) throw new SaslError("it asks for more than there is to say");
      reply = yield* say(btoa(value), HIDDEN.trim());
    }
    if (reply.code !== SUCCEEDED) return refused(mechanism, reply);
    if (exchange.next(null).done !== true) throw new SaslError("it let us in before it had asked");
    return reply;
  } catch (error) {
    if (!(error instanceof SaslError)) throw error;
    const failed = { kind: "auth-failed", stage: "auth", cause: error.message, reply: null } as const;
    if (reply.code === CHALLENGE) yield* say("*", "*", failed);
    return failed;
  }
}

/** What the mechanism says next; null for nothing. */
function* step(exchange: Exchange, heard: string | null): Generator<Turn, string | null, Answer> {
  let { value } = exchange.next(heard);
  while (value instanceof Promise) {
    const { result } = (yield { stage: "auth", work: value }) as { readonly result: string };
    ({ value } = exchange.next(result));
  }
  return value ?? null;
}

function refused(mechanism: string, reply: Reply): AttemptOutcome {
  if (reply.code >= 400 && reply.code < 500) return refusalOf("auth", reply);
  return { kind: "auth-failed", stage: "auth", cause: `${mechanism} was refused`, reply };
}

function* say(line: string, shown: string, known?: AttemptOutcome): Generator<Turn, Reply, Answer> {
  const turn = {
    stage: "auth",
    say: `${line}\r\n`,
    shown: `${shown}\r\n`,
    want: "any",
    judge: judgeReply,
  } as const;
  return (yield known === undefined ? turn : { ...turn, known }) as Reply;
}
