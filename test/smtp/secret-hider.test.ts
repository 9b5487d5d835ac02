import { describe, expect, test } from "bun:test";
import { oauthBearer, xoauth2 } from "../../src/sasl/oauth.ts";
import { plain } from "../../src/sasl/plain.ts";
import { secretHider } from "../../src/smtp/secret-hider.ts";

/** The secret in base64 as it stands behind so many octets of something else, without what it shares with its neighbours. */
function insideOf(secret: string, octetsBefore: number): string {
  const octets = Buffer.concat([Buffer.alloc(octetsBefore), Buffer.from(secret)]);
  const whole = Math.floor((octets.length * 4) / 3);
  return octets.toString("base64").slice(Math.ceil((octetsBefore * 4) / 3), whole);
}

describe.each(["pencil", "a.b*c(d)$&\\", "größer", "x".repeat(1_500)])("secretHider() hides", (secret) => {
  const credentials = { user: "us,er", secret };
  const hide = secretHider(credentials);

  test("the secret as it is, wherever it stands, and leaves the rest", () => {
    expect(hide(`535 <${secret}> and ${secret}${secret}.`)).toBe("535 <***> and ******.");
    expect(hide("535 no")).toBe("535 no");
  });

  test("it in base64", () => {
    expect(hide(`a ${Buffer.from(secret).toString("base64")} b`)).toMatch(/^a \*\*\*\S{0,3} b$/);
  });

  test.each([plain, xoauth2, oauthBearer].map((mechanism) => [mechanism.name, mechanism] as const))(
    "it in the first word of %s",
    (_, mechanism) => {
      const word = btoa(String(mechanism(credentials).next("").value));
      const hidden = hide(`535 ${word} is wrong`);
      expect(hidden).toMatch(/^535 \S*\*\*\*\S* is wrong$/);
      for (const before of [0, 1, 2]) expect(hidden).not.toContain(insideOf(secret, before));
    },
  );

  test("what a reader has cut from it, for a line that is too long", () => {
    const line = `535 ${Buffer.from(secret).toString("base64")}`.slice(0, 1_024);
    expect(hide(line)).toMatch(/^535 \*\*\*\S{0,3}$/);
    expect(hide(`535 ${secret}`.slice(0, 1_024))).toBe("535 ***");
  });
});

test("secretHider() writes a replacement that is no pattern", () => {
  const credentials = { user: "u", secret: "$&" };
  expect(secretHider(credentials)("a $& b")).toBe("a *** b");
});
