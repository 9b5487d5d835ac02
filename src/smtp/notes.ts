import type { TlsFacts } from "../tls/facts.ts";
import type { Attempt, AttemptOutcome, Dialogue, QuitStage } from "./attempt.ts";
import type { Reply } from "./reply.ts";
import type { Answer, Notes, Turn } from "./script.ts";

const SAYS_HELLO = /^(EHLO|HELO|LHLO) /;

/**
 * Takes notes of one dialogue: what its stages took, and what the server offered and showed. `redact` takes what is
 * secret out of a server's words; `failed` is an earlier connection whose handshake failed: what that took is what TLS
 * has cost.
 */
export function takeNotes(redact: (text: string) => string, failed?: Attempt): Notes {
  const stagesMs: Partial<Record<QuitStage, number>> =
    failed === undefined ? {} : { starttls: durationMs(failed) };
  let [hello, offer, tls, refused]: [Dialogue["hello"], Reply | null, Dialogue["tls"], string | null] = [
    null,
    null,
    null,
    failed?.outcome.kind === "tls-failed" ? failed.outcome.cause : null,
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
    if (!("code" in answer) || !("say" in turn)) return;
    if (SAYS_HELLO.test(turn.say) && answer.code < 300) offer = answer;
    else if (turn.say.startsWith("STARTTLS") && answer.code >= 400)
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
        tls: tls === null ? null : withoutSecretsIn(tls, redact),
        tlsFailure: refused === null ? null : redact(refused),
        isSecretUsed,
      };
      return { ...attempt, outcome: redacted(attempt.outcome, redact), dialogue };
    },
  };
}

/** All that a connection took. */
function durationMs({ connectMs, greetingMs, dialogue }: Attempt): number {
  const later = Object.values(dialogue?.stagesMs ?? {});
  return later.reduce((sum, ms) => sum + ms, (connectMs ?? 0) + (greetingMs ?? 0));
}

function redacted(outcome: AttemptOutcome, redact: (text: string) => string): AttemptOutcome {
  if ("text" in outcome) return { ...outcome, text: redact(outcome.text) };
  if (outcome.kind.startsWith("certificate-") && "cause" in outcome)
    return { ...outcome, cause: redact(outcome.cause) };
  if ("offered" in outcome) return { ...outcome, offered: outcome.offered.map(redact) };
  if (!("reply" in outcome) || outcome.reply === null) return outcome;
  return { ...outcome, reply: withoutSecrets(outcome.reply, redact) };
}

/** Whoever knows the secret could have it in a certificate. */
function withoutSecretsIn({ chain, faults, ...tls }: TlsFacts, redact: (text: string) => string): TlsFacts {
  return {
    ...tls,
    chain: chain.map((each) => ({
      ...each,
      subject: redact(each.subject),
      issuer: redact(each.issuer),
      names: each.names.map(redact),
    })),
    faults: faults.map(({ kind, cause }) => ({ kind, cause: redact(cause) })),
  };
}

function withoutSecrets(reply: Reply, redact: (text: string) => string): Reply {
  return { ...reply, lines: reply.lines.map(redact) };
}
