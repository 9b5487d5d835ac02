import { addressLiteral, needsUtf8 } from "../text/mailbox.ts";
import type { TlsFacts } from "../tls/facts.ts";
import type { AttemptOutcome, QuitStage } from "./attempt.ts";
import { authenticate } from "./authenticate.ts";
import { GREETING_ALONE } from "./greeting.ts";
import { judgeInStep, judgeReply } from "./hearing.ts";
import { offers } from "./offer.ts";
import { refusalOf } from "./refusal.ts";
import { type Reply, SERVICE_READY } from "./reply.ts";
import type { Answer, Here, Say, Script, Turn } from "./script.ts";
import type { DialogueTerms } from "./terms.ts";

/** "Requested mail action okay, completed" (RFC 5321 §4.2.3). */
const OKAY = 250;
/** Where other codes than 250 are no failure, and yet not every success is one. */
const IN_STEP = { judge: judgeInStep } as const;
/** Under `may` a handshake leaves as much time to the connection in the clear that decides when it fails. */
const HALF = 0.5;

/** A stage's part of a script: what it came to when the dialogue ends there, or undefined to go on. */
type Part<T = AttemptOutcome | undefined> = Generator<Turn, T, Answer>;

/** The dialogue of RFC 5321 §3 as far as it is asked for. Nothing is said before the greeting is complete, nothing pipelined. */
export function* dialogue(terms: DialogueTerms, here: Here): Script {
  if (terms.auth !== null && terms.level !== "verify" && !isThisMachine(here.remoteAddress)) {
    const cause = "the password was kept: the server is not verified, and not on this machine";
    return { kind: "auth-failed", stage: "auth", cause, reply: null };
  }
  if (terms.isImplicit) {
    const distrusted = yield* handshake(terms);
    if (distrusted !== undefined) return distrusted;
  }
  if (terms.quitAfter === "greeting") return yield* GREETING_ALONE.script(here);
  yield* say("greeting", "", [SERVICE_READY]);

  const [offer, failed] = yield* introduce(terms, here);
  if (failed !== undefined) return failed;
  const isReached =
    terms.quitAfter === "ehlo" ||
    (terms.quitAfter === "starttls" && (terms.isImplicit || terms.level === "none"));
  if (isReached) return { kind: "reached", stage: terms.quitAfter, reply: offer };
  return yield* transact(terms, offer);
}

/** Hello, STARTTLS and hello again (RFC 3207 §4.2: what was offered in the clear is forgotten). */
function* introduce(terms: DialogueTerms, here: Here): Part<readonly [Reply, AttemptOutcome | undefined]> {
  let offer = yield* hello("ehlo", terms, here);
  const mayGoSecure = !terms.isImplicit && terms.level !== "none" && terms.quitAfter !== "ehlo";
  const isOffered = offers(offer, "STARTTLS");
  if (mayGoSecure && !isOffered && terms.level !== "may")
    return [offer, { kind: "starttls-missing", stage: "starttls" }];
  if (mayGoSecure && isOffered) {
    const refused = yield* startTls(terms);
    if (refused === "in the clear") return [offer, missing("ehlo", terms, offer)];
    if (refused !== undefined) return [offer, refused];
    offer = yield* hello("starttls", terms, here);
  }
  return [offer, missing(mayGoSecure && isOffered ? "starttls" : "ehlo", terms, offer)];
}

/** EHLO, or HELO for a server that is older than that, or says so (RFC 5321 §3.2, §4.1.4); after LHLO nothing else (RFC 2033 §4.1). */
function* hello(stage: "ehlo" | "starttls", { helo, isLmtp }: DialogueTerms, here: Here): Part<Reply> {
  const name = helo ?? addressLiteral(here.localAddress ?? "127.0.0.1");
  if (isLmtp) return yield* say(stage, `LHLO ${name}`, [OKAY]);
  const offer = yield* say(stage, `EHLO ${name}`, "any", IN_STEP);
  return isPositive(offer) ? offer : yield* say(stage, `HELO ${name}`, [OKAY]);
}

function missing(stage: QuitStage, { expect }: DialogueTerms, offer: Reply): AttemptOutcome | undefined {
  const extension = expect.find((each) => !offers(offer, each));
  return extension === undefined ? undefined : { kind: "extension-missing", stage, extension };
}

/** STARTTLS (RFC 3207 §4) and the handshake; a refusal is none where TLS is not required. */
function* startTls(terms: DialogueTerms): Part<AttemptOutcome | "in the clear" | undefined> {
  const reply = yield* say("starttls", "STARTTLS", "any");
  if (reply.code === SERVICE_READY) return yield* handshake(terms);
  if (terms.level === "may" && reply.code >= 400) return "in the clear";
  return { kind: "tls-failed", stage: "starttls", cause: "STARTTLS was refused", reply };
}

function* handshake({ tls, level }: DialogueTerms): Part {
  const facts = (yield {
    stage: "starttls",
    secure: { ...tls, share: level === "may" ? HALF : 1 },
  }) as TlsFacts;
  const [worst] = facts.faults;
  return level === "verify" && worst !== undefined ? { stage: "starttls", ...worst } : undefined;
}

/** What comes when both know each other: login (RFC 4954), sender and recipient (RFC 5321 §3.3), and then nothing is sent. */
function* transact(terms: DialogueTerms, offer: Reply): Part<AttemptOutcome> {
  const { quitAfter, auth, from, to } = terms;
  if (quitAfter === "starttls") return { kind: "reached", stage: "starttls", reply: offer };
  if (auth !== null) {
    const answer = yield* authenticate(auth, offer);
    if ("kind" in answer) return answer;
    if (quitAfter === "auth") return { kind: "reached", stage: "auth", reply: answer };
  }
  const isInUtf8 = needsUtf8(from) || needsUtf8(to);
  if (isInUtf8 && !offers(offer, "SMTPUTF8"))
    return { kind: "extension-missing", stage: "mail", extension: "SMTPUTF8" };
  const accepted = yield* say("mail", `MAIL FROM:<${from}>${isInUtf8 ? " SMTPUTF8" : ""}`, [OKAY]);
  let outcome: AttemptOutcome = { kind: "reached", stage: "mail", reply: accepted };
  if (quitAfter === "rcpt") {
    const reply = yield* say("rcpt", `RCPT TO:<${to}>`, "any", IN_STEP);
    outcome = isPositive(reply) ? { kind: "reached", stage: "rcpt", reply } : refusalOf("rcpt", reply);
  }
  yield* say(quitAfter, "RSET", "any", { known: outcome });
  return outcome;
}

/** A code that is not in the list for a command is judged by its first digit (RFC 5321 §4.2): 251 will forward, 252 will try. */
function isPositive({ code }: Reply): boolean {
  return code >= 200 && code < 300;
}

/** A unix socket has no address. */
function isThisMachine(address: string | undefined): boolean {
  return address === undefined || address === "::1" || address.startsWith("127.");
}

/** One command and its whole reply. */
function* say(
  stage: QuitStage,
  line: string,
  want: Say["want"],
  more: Pick<Say, "known" | "judge"> = {},
): Part<Reply> {
  const said = line === "" ? "" : `${octets(line)}\r\n`;
  return (yield { stage, say: said, want, judge: judgeReply, ...more }) as Reply;
}

/** Text as a connection says it, one character an octet. */
function octets(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
