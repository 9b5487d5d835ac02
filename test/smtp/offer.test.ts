import { describe, expect, test } from "bun:test";
import { extensionsOf, mechanismsOf, offers } from "../../src/smtp/offer.ts";

function offer(...extensions: readonly string[]) {
  return { code: 250, lines: ["mx.test hello", ...extensions], complete: true };
}

const OFFER = offer(
  "SIZE 1000",
  "auth PLAIN Login",
  "AUTH=CRAM-MD5",
  "8BITMIME",
  "",
  "  starttls  ",
  "X  a\tb",
);

test("extensionsOf() has a keyword in capitals and its parameters a line, and none in the first line", () => {
  expect(extensionsOf(OFFER)).toEqual([
    { keyword: "SIZE", parameters: ["1000"] },
    { keyword: "AUTH", parameters: ["PLAIN", "Login"] },
    { keyword: "AUTH", parameters: ["CRAM-MD5"] },
    { keyword: "8BITMIME", parameters: [] },
    { keyword: "STARTTLS", parameters: [] },
    { keyword: "X", parameters: ["a", "b"] },
  ]);
  expect(extensionsOf({ code: 250, lines: ["SIZE 1000"], complete: true })).toEqual([]);
  expect(extensionsOf({ code: 250, lines: [], complete: true })).toEqual([]);
});

test("mechanismsOf() has those of every way to say it", () => {
  expect(mechanismsOf(OFFER)).toEqual(["PLAIN", "Login", "CRAM-MD5"]);
  expect(mechanismsOf(offer("SIZE"))).toEqual([]);
});

describe("offers()", () => {
  test.each(["SIZE", "size", "AUTH", "AUTH=PLAIN", "auth=login", "AUTH=CRAM-MD5", "SIZE=1000", "STARTTLS"])(
    "knows %s",
    (wanted) => {
      expect(offers(OFFER, wanted)).toBe(true);
    },
  );

  test.each(["DSN", "SIZ", "AUTH=PLAI", "AUTH=GSSAPI", "STARTTLS=x", "MX.TEST", ""])(
    "does not know %p",
    (wanted) => {
      expect(offers(OFFER, wanted)).toBe(false);
    },
  );
});
