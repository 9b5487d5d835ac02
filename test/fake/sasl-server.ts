import { createHash, createHmac, pbkdf2Sync } from "node:crypto";
import type { ServedClient } from "./tls-smtp-server.ts";

/** Who may log in. */
export const ACCOUNT = { user: "user", secret: "pencil" } as const;

const SALT = Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64");
const ITERATIONS = 4_096;

/** How a server of SCRAM-SHA-256 cheats. */
export type Cheat = "wrong signature" | "no signature" | "early success" | "another nonce" | "few iterations";

/** The server's part of SCRAM-SHA-256 (RFC 5802 §3), written from the RFC on its own: whether the proof is right. */
export function scramServer(cheat?: Cheat) {
  let [clientFirst, serverFirst, nonce] = ["", "", ""];
  const hmac = (key: Uint8Array, text: string) => createHmac("sha256", key).update(text).digest();
  const salted = pbkdf2Sync(ACCOUNT.secret, SALT, ITERATIONS, 32, "sha256");
  return {
    first(message: string): string {
      clientFirst = message.replace(/^n,,/, "");
      nonce = `${/r=(.*)$/.exec(clientFirst)?.[1]}%hvYDpWUa2RaTCAfuxFIlj)hNlF`;
      if (cheat === "another nonce") nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF";
      serverFirst = `r=${nonce},s=${SALT.toString("base64")},i=${cheat === "few iterations" ? 1 : ITERATIONS}`;
      return serverFirst;
    },
    /** The last word, with the signature; null where the proof is wrong. */
    last(message: string): string | null {
      const [, withoutProof = "", proof = ""] = /^(.*),p=(.*)$/.exec(message) ?? [];
      const signed = `${clientFirst},${serverFirst},${withoutProof}`;
      const clientKey = hmac(salted, "Client Key");
      const signature = hmac(createHash("sha256").update(clientKey).digest(), signed);
      const due = Buffer.from(clientKey.map((octet, at) => octet ^ (signature[at] ?? 0))).toString("base64");
      if (proof !== due || withoutProof !== `c=biws,r=${nonce}`) return null;
      if (cheat === "no signature") return "e=other-error";
      const key = cheat === "wrong signature" ? "Client Key" : "Server Key";
      return `v=${hmac(hmac(salted, key), signed).toString("base64")}`;
    },
  };
}

/** Hears AUTH and answers it as a server does that has one account, and whatever mechanism it is asked for. */
export async function serveAuth(client: ServedClient, cheat?: Cheat): Promise<void> {
  const [, mechanism = "", initial = ""] = (await client.line()).split(" ");
  const ask = async (challenge: string) => {
    await client.say(`334 ${btoa(challenge)}`.trimEnd());
    return atob(await client.line());
  };
  const first = async () => (initial === "" ? await ask("") : initial === "=" ? "" : atob(initial));
  const { user, secret } = ACCOUNT;
  let isGood = false;
  if (mechanism === "PLAIN") isGood = (await first()) === `\0${user}\0${secret}`;
  else if (mechanism === "LOGIN")
    isGood = (await ask("User Name\0")) === user && (await ask("Password\0")) === secret;
  else if (mechanism === "CRAM-MD5") {
    const challenge = "<1896.697170952@postoffice.reston.mci.net>";
    isGood =
      (await ask(challenge)) === `${user} ${createHmac("md5", secret).update(challenge).digest("hex")}`;
  } else if (mechanism === "XOAUTH2" || mechanism === "OAUTHBEARER") {
    const header = mechanism === "XOAUTH2" ? `user=${user}` : `n,a=${user},`;
    isGood = (await first()) === `${header}\x01auth=Bearer ${secret}\x01\x01`;
    if (!isGood) await ask('{"status":"invalid_token"}');
  } else if (mechanism === "SCRAM-SHA-256") {
    const server = scramServer(cheat);
    const proof = await ask(server.first(await first()));
    const last = proof === "*" ? null : server.last(proof);
    if (last !== null && cheat !== "early success") await ask(last);
    isGood = last !== null;
  }
  await client.say(isGood ? "235 2.7.0 welcome" : "535 5.7.8 no");
}
