import { type Credentials, due, type Exchange, octetsOf } from "./mechanism.ts";

/** LOGIN (draft-murchison-sasl-login-00): the server asks for the user, then for the password, whatever its words are. */
export function* login({ user, secret }: Credentials): Exchange {
  due(yield null);
  due(yield octetsOf(user));
  yield octetsOf(secret);
}
