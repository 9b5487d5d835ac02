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
    expect(hide(`535 <${secret}> and ${secret}${secret}.`)).toBe("535 <***> and ***.");
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

describe("secretHider() hides", () => {
  const secret = 'p@ss w"or+d/=,x%';
  const hide = secretHider({ secret });

  test.each([
    ["in capitals", secret.toUpperCase()],
    ["in hexadecimal", Buffer.from(secret).toString("hex")],
    ["as in a URL", encodeURIComponent(secret)],
    ["as in JSON", JSON.stringify(secret).slice(1, -1)],
    ["as in quoted-printable", secret.replaceAll("=", "=3D")],
    ["as in the name of a certificate", secret.replace(/["+,=]/g, "\\$&")],
    ["in base64 for URLs", Buffer.from(secret).toString("base64url")],
  ])("what is secret %s", (_, text) => {
    const hidden = hide(`535 you said ${text} and that is wrong`);
    expect(hidden).toMatch(/^535 you said \S{0,5}\*\*\*.{0,5} and that is wrong$/);
    for (let at = 0; at + 6 <= text.length; at += 1) expect(hidden).not.toContain(text.slice(at, at + 6));
  });

  test.each([6, 20, 76, 490])("it in lines of %i characters, all but shreds", (length) => {
    const long = Array.from({ length: 150 }, (_, at) => Bun.hash(String(at)).toString(36))
      .join("")
      .slice(0, 1_500);
    const hideLong = secretHider({ secret: long });
    for (const text of [long, Buffer.from(long).toString("base64")]) {
      const lines = text.match(new RegExp(`.{1,${length}}`, "g")) ?? [];
      const shown = lines.map((line) => hideLong(`535-${line}`).slice(4).replaceAll("***", "")).join("");
      expect(shown.length).toBeLessThanOrEqual(5 * 3);
    }
  });

  test("both halves of a password in two lines", () => {
    const hideHalves = secretHider({ secret: "hunter2correcthorse" });
    expect(hideHalves("535-your password hunter2")).toBe("535-your password ***");
    expect(hideHalves("535 correcthorse is wrong")).toBe("535 *** is wrong");
  });
});

test("secretHider() writes a replacement that is no pattern", () => {
  const credentials = { user: "u", secret: "$&" };
  expect(secretHider(credentials)("a $& b")).toBe("a *** b");
});
