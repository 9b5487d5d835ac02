import { type Credentials, due, type Exchange, octetsOf } from "./mechanism.ts";

/** CRAM-MD5 (RFC 2195 §2): the user, and the challenge signed with the secret. */
export function* cramMd5({ user, secret }: Credentials): Exchange {
  const challenge = due(yield null);
  const { createHmac } = process.getBuiltinModule("node:crypto");
  const digest = createHmac("md5", secret).update(Buffer.from(challenge, "latin1")).digest("hex");
  yield octetsOf(`${user} ${digest}`);
}
