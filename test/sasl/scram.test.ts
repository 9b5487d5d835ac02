import { describe, expect, test } from "bun:test";
import { type Exchange, SaslError } from "../../src/sasl/mechanism.ts";
import { scramSha256 } from "../../src/sasl/scram.ts";
import { ACCOUNT, scramServer } from "../fake/sasl-server.ts";

/** RFC 7677 §3. */
const NONCE = "rOprNGfwEbeRWgbNEkqO";
const SERVER_FIRST = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
const CLIENT_FINAL =
  "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
const SERVER_FINAL = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

function begin(user = "user", secret = "pencil") {
  const exchange = scramSha256({ user, secret }, NONCE);
  return { exchange, first: exchange.next("").value };
}

/** What it says to a challenge, when its work is done. */
async function answer(exchange: Exchange, challenge: string): Promise<unknown> {
  const { value } = exchange.next(challenge);
  return value instanceof Promise ? answer(exchange, await value) : value;
}

test("scramSha256() says what the example of RFC 7677 §3 says", async () => {
  const { exchange, first } = begin();
  expect(first).toBe("n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
  expect(await answer(exchange, SERVER_FIRST)).toBe(CLIENT_FINAL);
  expect(exchange.next(SERVER_FINAL)).toEqual({ value: "", done: false });
  expect(exchange.next("").done).toBe(true);
});

test("scramSha256() writes a user with comma and equals sign as RFC 5802 §5.1 has it", () => {
  expect(begin("a,b=c").first).toBe(`n,,n=a=2Cb=3Dc,r=${NONCE}`);
});

test("scramSha256() says a user in UTF-8", () => {
  expect(Buffer.from(String(begin("jürgen").first), "latin1").toString()).toBe(`n,,n=jürgen,r=${NONCE}`);
});

test("scramSha256() takes another nonce each time, of at least 18 octets", () => {
  const nonces = Array.from(
    { length: 100 },
    () => String(scramSha256(ACCOUNT).next("").value).split("r=")[1] ?? "",
  );
  expect(new Set(nonces).size).toBe(100);
  for (const nonce of nonces) expect(nonce).toMatch(/^[!-+\--~]{24,}$/);
});

test("scramSha256() convinces a server written on its own, and is convinced by it", async () => {
  const server = scramServer();
  const exchange = scramSha256(ACCOUNT);
  const proof = await answer(exchange, server.first(String(exchange.next("").value)));
  const last = server.last(String(proof));
  expect(exchange.next(String(last)).value).toBe("");
});

describe("scramSha256() does not go on with", () => {
  test.each([
    ["another nonce", SERVER_FIRST.replace("rOpr", "rOpx")],
    ["our nonce alone", SERVER_FIRST.replace(/%[^,]*/, "")],
    ["no nonce", "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"],
    ["no salt", "r=rOprNGfwEbeRWgbNEkqOxx,i=4096"],
    ["no iterations", "r=rOprNGfwEbeRWgbNEkqOxx,s=W22Z"],
    ["few iterations", SERVER_FIRST.replace("4096", "4095")],
    ["none", SERVER_FIRST.replace("4096", "0")],
    ["more than this machine should be kept busy with", SERVER_FIRST.replace("4096", "1000001")],
    ["very many", SERVER_FIRST.replace("4096", "999999999999")],
    ["an extension that it must know (RFC 5802 §5.1)", `m=x,${SERVER_FIRST}`],
    ["nothing", ""],
    ["an error", "e=unknown-user"],
  ])("a challenge that has %s", (_, challenge) => {
    const { exchange } = begin();
    expect(() => exchange.next(challenge)).toThrow(SaslError);
  });

  test.each([
    ["another signature", "v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="],
    ["a part of the signature", "v=6rriTRBi23WpRR/wtup+mMhUZUn/"],
    ["no octet of it", "v="],
    ["none", ""],
    ["an error", "e=invalid-proof"],
  ])("a last word that has %s", async (_, last) => {
    const { exchange } = begin();
    await answer(exchange, SERVER_FIRST);
    expect(() => exchange.next(last)).toThrow(SaslError);
  });

  test("an end before the server has shown anything", () => {
    expect(() => begin().exchange.next("")).toThrow(SaslError);
  });

  test("words of the secret in its complaint", async () => {
    const { exchange } = begin("user", "another secret");
    await answer(exchange, SERVER_FIRST);
    expect(() => exchange.next(SERVER_FINAL)).toThrow(/^its signature is wrong/);
  });
});

test("scramSha256() takes what a server adds behind its challenge and its last word", async () => {
  const { exchange } = begin();
  expect(typeof (await answer(exchange, `${SERVER_FIRST},x=more`))).toBe("string");
});

test("scramSha256() works off the event loop, however many iterations a server wants", async () => {
  const { exchange } = begin();
  const { value: work } = exchange.next(SERVER_FIRST.replace("4096", "1000000"));
  let isDone = false;
  expect(work).toBeInstanceOf(Promise);
  void Promise.resolve(work).then(() => (isDone = true));
  await new Promise(setImmediate);
  expect(isDone).toBe(false);
  await work;
});
