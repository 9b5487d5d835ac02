import { type Credentials, due, type Exchange, octetsOf, SaslError } from "./mechanism.ts";
import { saslName } from "./oauth.ts";

/** Without channel binding (RFC 5802 §7). */
const GS2_HEADER = "n,,";
/** A hostile server must not keep a thread busy for long: a tenth of a second or two. */
const MAX_ITERATIONS = 1_000_000;
/** RFC 7677 §4 asks for this many at least; fewer are an offer to guess the password from what we say. */
const MIN_ITERATIONS = 4_096;
const KEY_OCTETS = 32;

/** Loaded when somebody logs in. */
function crypto() {
  return process.getBuiltinModule("node:crypto");
}

/**
 * SCRAM-SHA-256 (RFC 5802 §3, RFC 7677): neither side shows the secret, and both show that they know it. It ends
 * once the server's signature is right. `nonce` is for tests.
 */
export function* scramSha256(
  { user, secret }: Credentials,
  nonce = crypto().randomBytes(18).toString("base64"),
): Exchange {
  const clientFirst = `n=${saslName(user.normalize("NFKC"))},r=${nonce}`;
  const serverFirst = due(yield octetsOf(GS2_HEADER + clientFirst));
  const { combined, salt, iterations } = parseServerFirst(serverFirst, nonce);
  const salted = Buffer.from(due(yield saltedPassword(secret, salt, iterations)), "latin1");
  const clientKey = hmac(salted, "Client Key");
  const withoutProof = `c=${btoa(GS2_HEADER)},r=${combined}`;
  const signed = `${octetsOf(clientFirst)},${serverFirst},${withoutProof}`;
  const signature = hmac(crypto().createHash("sha256").update(clientKey).digest(), signed);
  const proof = Buffer.from(clientKey.map((octet, at) => octet ^ (signature[at] ?? 0))).toString("base64");
  const serverFinal = due(yield `${withoutProof},p=${proof}`);
  const [, verifier] = /^v=([A-Za-z\d+/=]+)(?:,|$)/.exec(serverFinal) ?? [];
  if (verifier === undefined) throw new SaslError("its last word has no signature");
  const given = Buffer.from(verifier, "base64");
  const expected = hmac(hmac(salted, "Server Key"), signed);
  if (given.length !== expected.length || !crypto().timingSafeEqual(given, expected)) {
    throw new SaslError("its signature is wrong: it does not know the password");
  }
  yield "";
}

/** Hi() of RFC 5802 §2.2, on another thread: many servers that want many iterations must not stop the clock. */
function saltedPassword(secret: string, salt: Buffer, iterations: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  crypto().pbkdf2(secret.normalize("NFKC"), salt, iterations, KEY_OCTETS, "sha256", (error, key) => {
    if (error === null) resolve(key.toString("latin1"));
    else reject(error);
  });
  return promise;
}

function parseServerFirst(text: string, nonce: string) {
  const [, combined = "", saltText = "", count = ""] =
    /^r=([!-+--~]+),s=([A-Za-z\d+/=]+),i=(\d{1,9})(?:,|$)/.exec(text) ?? [];
  if (!combined.startsWith(nonce) || combined.length === nonce.length) {
    throw new SaslError("its challenge does not belong to what was said");
  }
  const iterations = Number(count);
  if (iterations < MIN_ITERATIONS || iterations > MAX_ITERATIONS) {
    throw new SaslError(`it wants ${iterations} iterations, not ${MIN_ITERATIONS} to ${MAX_ITERATIONS}`);
  }
  return { combined, salt: Buffer.from(saltText, "base64"), iterations };
}

function hmac(key: Buffer, octets: string): Buffer {
  return crypto().createHmac("sha256", key).update(Buffer.from(octets, "latin1")).digest();
}
