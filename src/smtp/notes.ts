import type { AttemptOutcome, Dialogue, QuitStage } from "./attempt.ts";
import type { Reply } from "./reply.ts";
import type { Answer, Notes, Turn } from "./script.ts";

const SAYS_HELLO = /^(EHLO|HELO|LHLO) /;

/**
 * Takes notes of one dialogue: what its stages took, and what the server offered and showed. `redact` takes what is
 * secret out of a server's words; `tlsFailure` is why an earlier connection's handshake failed.
 */
export function takeNotes(redact: (text: string) => string, tlsFailure: string | null = null): Notes {
  const stagesMs: Partial<Record<QuitStage, number>> = {};
  let [hello, offer, tls, refused]: [Dialogue["hello"], Reply | null, Dialogue["tls"], string | null] = [
    null,
    null,
    null,
    tlsFailure,
  ];
  let isSecretUsed = false;

  const said = (turn: Turn) => {
    if (!("say" in turn)) return;
    if (turn.stage === "auth") isSecretUsed = true;
    const [, word] = SAYS_HELLO.exec(turn.say) ?? [];
    if (word !== undefined) hello = word as Dialogue["hello"];
  };
  const heard = (turn: Turn, answer: Answer) => {
    if ("protocol" in answer) [tls, offer] = [answer, null];
    else if ("say" in turn && SAYS_HELLO.test(turn.say) && answer.code < 300) offer = answer;
    else if ("say" in turn && turn.say.startsWith("STARTTLS") && answer.code >= 400)
      refused = `STARTTLS was refused: ${[answer.code, ...answer.lines].join(" ")}`;
  };
  const spend = ({ stage }: Turn, elapsedMs: number) => {
    stagesMs[stage] = (stagesMs[stage] ?? 0) + elapsedMs;
  };

  return {
    answered(turn, answer, elapsedMs) {
      said(turn);
      heard(turn, answer);
      if (!("say" in turn) || turn.known === undefined) spend(turn, elapsedMs);
    },
    attest(attempt, turn, elapsedMs) {
      if (turn !== undefined && turn.stage !== "greeting") {
        said(turn);
        if (!("say" in turn) || turn.known === undefined) spend(turn, elapsedMs);
      }
      const shown = offer === null ? null : withoutSecrets(offer, redact);
      const dialogue = {
        stagesMs: { ...stagesMs },
        hello,
        offer: shown,
        tls,
        tlsFailure: refused === null ? null : redact(refused),
        isSecretUsed,
      };
      return { ...attempt, outcome: redacted(attempt.outcome, redact), dialogue };
    },
  };
}

function redacted(outcome: AttemptOutcome, redact: (text: string) => string): AttemptOutcome {
  if ("text" in outcome) return { ...outcome, text: redact(outcome.text) };
  if ("offered" in outcome) return { ...outcome, offered: outcome.offered.map(redact) };
  if (!("reply" in outcome) || outcome.reply === null) return outcome;
  return { ...outcome, reply: withoutSecrets(outcome.reply, redact) };
}

function withoutSecrets(reply: Reply, redact: (text: string) => string): Reply {
  return { ...reply, lines: reply.lines.map(redact) };
}
