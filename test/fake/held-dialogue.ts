import type { Attempt } from "../../src/smtp/attempt.ts";
import { Conversation } from "../../src/smtp/conversation.ts";
import { dialogue } from "../../src/smtp/dialogue.ts";
import { takeNotes } from "../../src/smtp/notes.ts";
import type { Talk } from "../../src/smtp/script.ts";
import type { DialogueTerms } from "../../src/smtp/terms.ts";
import { readHandshake } from "../../src/tls/handshake.ts";
import { identity } from "./certificates.ts";
import { type Play, type TlsSmtpServerOptions, tlsSmtpServer } from "./tls-smtp-server.ts";

/** Terms of a dialogue that trusts the tests' own root, is called `me.test`, and wants TLS no more than is said. */
function termsOf(terms: Partial<DialogueTerms> = {}): DialogueTerms {
  return {
    quitAfter: "rcpt",
    helo: "me.test",
    isLmtp: false,
    level: "none",
    isImplicit: false,
    tls: {
      options: { serverName: "mx.test", ca: [identity("root").cert] },
      read: (handshake) => readHandshake(handshake, "mx.test", [identity("root").cert]),
    },
    auth: null,
    from: "",
    to: "postmaster@mx.test",
    expect: [],
    ...terms,
  };
}

/** Holds a dialogue with what listens at this port. */
export async function holdDialogue(
  port: number,
  terms: Partial<DialogueTerms>,
  { redact = (text: string) => text, ...more }: Partial<Talk> & { redact?: (text: string) => string } = {},
  untilMs?: number,
): Promise<Attempt> {
  const whole = termsOf(terms);
  const talk = {
    key: "test",
    script: (here) => dialogue(whole, here),
    takeNotes: () => takeNotes(redact),
    ...more,
  } satisfies Talk;
  const { promise, resolve: settled } = Promise.withResolvers<Attempt>();
  new Conversation({ address: "127.0.0.1", port }, talk, { settled }, untilMs);
  return await promise;
}

/** The whole of it: what came of the dialogue, what the server heard, and what it found wrong with that. */
export async function playDialogue(
  script: string | Play,
  terms: Partial<DialogueTerms> = {},
  options: TlsSmtpServerOptions = {},
) {
  using server = tlsSmtpServer(script, { tls: identity("good"), ...options });
  const { outcome, dialogue: notes } = await holdDialogue(server.port, terms);
  const { heard, heardInTheClear, serverName } = await server.ended();
  return { outcome, notes, heard, heardInTheClear, serverName, complaints: server.complaints };
}
