import { type Credentials, type Exchange, octetsOf } from "./mechanism.ts";

/** PLAIN (RFC 4616 §2): everything at once, without another identity to act as. */
export function* plain({ user, secret }: Credentials): Exchange {
  yield octetsOf(`\0${user}\0${secret}`);
}
