import { type Credentials, type Exchange, octetsOf } from "./mechanism.ts";

/** XOAUTH2, Google's: the token at once; the words of an error are answered with nothing, and the refusal follows. */
export function* xoauth2({ user, secret }: Credentials): Exchange {
  const error = yield octetsOf(`user=${user}\x01auth=Bearer ${secret}\x01\x01`);
  if (error !== null) yield "";
}

/** OAUTHBEARER (RFC 7628 §3.1): the same with the GS2 header of RFC 5801 §4; an error is answered with %x01 (§3.2.3). */
export function* oauthBearer({ user, secret }: Credentials): Exchange {
  const error = yield octetsOf(`n,a=${saslName(user)},\x01auth=Bearer ${secret}\x01\x01`);
  if (error !== null) yield "\x01";
}

/** A name as RFC 5801 §4 and RFC 5802 §5.1 write it. */
export function saslName(name: string): string {
  return name.replaceAll("=", "=3D").replaceAll(",", "=2C");
}
