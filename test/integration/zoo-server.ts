import { type IdentityName, identity } from "../fake/certificates.ts";
import { BROKEN_HANDSHAKES, type Play, tlsSmtpServer } from "../fake/tls-smtp-server.ts";

/** How far every client goes: without TLS, with it and verified, or with it to a recipient. */
export type Question = "ehlo" | "starttls" | "rcpt";

/** One server of the zoo. */
export interface Exhibit {
  readonly question: Question;
  /** What we say of it. */
  readonly reason: string;
  /** The name that its certificate must have; default mx.test. */
  readonly name?: string;
  /** Null for a port where nothing listens. */
  readonly play: Play | null;
  readonly tls?: () => Bun.TLSOptions;
}

/** Something said, without its last line end, or done. */
type Answer = string | Play;

/** What a server does at `greeting` and with commands by their verbs; the rest is as of a server in order. */
type Answers = Readonly<Record<string, Answer>>;

const IN_ORDER: Answers = {
  greeting: "220 mx.test ESMTP",
  EHLO: "250-mx.test\r\n250-STARTTLS\r\n250-SIZE 1000000\r\n250 ENHANCEDSTATUSCODES",
  "EHLO under TLS": "250-mx.test\r\n250-SIZE 1000000\r\n250 ENHANCEDSTATUSCODES",
  HELO: "250 mx.test",
  STARTTLS: "220 2.0.0 go on",
  MAIL: "250 2.1.0 fine",
  RCPT: "250 2.1.5 fine",
  RSET: "250 2.0.0 reset",
  NOOP: "250 2.0.0 fine",
  QUIT: "221 2.0.0 bye",
};

/** The answer of a server without STARTTLS. */
export const WITHOUT_TLS = { EHLO: "250-mx.test\r\n250 SIZE 1000000" } as const satisfies Answers;

export const closes: Play = async (client) => client.close();
export const resets: Play = async (client) => client.reset();
export const isSilent: Play = (client) => client.over();

/** Sends octets, one a character, and no line end. */
export function sends(text: string): Play {
  return (client) => client.send(Buffer.from(text, "latin1"));
}

/** Waits, and says a line. */
export function saysLate(ms: number, line: string): Play {
  return async (client) => {
    await Bun.sleep(ms);
    await client.say(line);
  };
}

/** Says a line, and does these things then. */
export function saysThen(line: string, ...more: readonly Play[]): Play {
  return async (client) => {
    await client.say(line);
    for (const play of more) await play(client);
  };
}

/** A server that is in order but for these answers; a STARTTLS that is not in order makes its handshake itself. */
function mta(answers: Answers = {}): Play {
  const all = { ...IN_ORDER, ...answers };
  return async (client) => {
    let isSecured = false;
    const answer = async (name: string) => {
      const what = all[name] ?? "502 5.5.1 what?";
      await (typeof what === "string" ? client.say(what) : what(client));
    };
    await answer("greeting");
    for (let line = await client.line(); !client.isOver; line = await client.line()) {
      const verb = line.replace(/[ :].*/s, "").toUpperCase();
      await answer(isSecured && `${verb} under TLS` in all ? `${verb} under TLS` : verb);
      if (verb === "QUIT") client.close();
      if (verb === "STARTTLS" && answers[verb] === undefined) {
        isSecured = await client.secure();
        if (!isSecured) return;
      }
    }
  };
}

/** The same answer to EHLO and HELO: check_smtp says HELO where it needs no more. */
export function toHello(answer: Answer): Answers {
  return { EHLO: answer, HELO: answer };
}

/** A server without TLS. */
export function plain(reason: string, answers: Answers = {}): Exhibit {
  return { question: "ehlo", reason, play: mta({ ...WITHOUT_TLS, ...answers }) };
}

/** A server with this certificate. */
export function secured(
  reason: string,
  tls: IdentityName | (() => Bun.TLSOptions),
  answers: Answers = {},
): Exhibit {
  const options = typeof tls === "string" ? () => identity(tls) : tls;
  return { question: "starttls", reason, play: mta(answers), tls: options };
}

/** A server with a good certificate that does this in place of a handshake. */
export function broken(reason: string, handshake: Play, line = "220 2.0.0 go on"): Exhibit {
  return secured(reason, "good", { STARTTLS: saysThen(line, handshake) });
}

/** A server with a good certificate that is asked for a recipient under TLS, in vain where it refused the sender. */
export function asked(reason: string, answers: Answers = {}): Exhibit {
  const rcpt: Answers = answers["MAIL"] === undefined ? {} : { RCPT: "503 5.5.1 MAIL first" };
  return { ...secured(reason, "good", { ...rcpt, ...answers }), question: "rcpt" };
}

/** Says more in the clear than its line, and goes on under TLS. */
export const injects: Play = async (client) => {
  await client.say("220 2.0.0 go on", "250-evil.test", "250 AUTH PLAIN");
  await goesOnUnderTls(client);
};

const goesOnUnderTls: Play = async (client) => {
  if (await client.secure()) await mta({ ...WITHOUT_TLS, greeting: async () => {} })(client);
};

/** Goes on under TLS with those alone who ask for mx.test (RFC 6066 §3): a server behind this one has the certificate. */
export const isForItsNameAlone: Play = async (client) => {
  const begin = client.heard.length;
  await client.octets();
  if (!client.heard.includes("mx.test", begin)) return BROKEN_HANDSHAKES["an alert about the name"](client);
  using behind = tlsSmtpServer(goesOnUnderTls, { tls: identity("good") });
  const socket = await Bun.connect({
    hostname: behind.hostname,
    port: behind.port,
    socket: { data: (_, octets) => client.send(Uint8Array.from(octets)), close: () => client.close() },
  });
  for (let at = begin; !client.isOver; await Bun.sleep(1)) {
    at += Math.max(0, socket.write(Buffer.from(client.heard.slice(at), "latin1")));
  }
  socket.end();
};

/** Waits for a request, as HTTP does. */
export const http: Play = async (client) => {
  await client.line();
  await client.say("HTTP/1.1 400 Bad Request", "Connection: close", "");
  client.close();
};
