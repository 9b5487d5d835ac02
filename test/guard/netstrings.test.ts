import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type NetstringFault, Netstrings, toNetstring } from "../../src/guard/netstrings.ts";
import { everyCut, everyPairOfCuts } from "../smtp/cuts.ts";

const MALFORMED = "a netstring is malformed";
const TOO_LONG = "a netstring is too long";

describe("Netstrings", () => {
  test.each<[string, readonly string[], NetstringFault | undefined]>([
    ["", [], undefined],
    ["5:hel", [], undefined],
    ["12", [], undefined],
    ["0:,", [""], undefined],
    ["5:hello,5:wo:,d,3:", ["hello", "wo:,d"], undefined],
    ["2:\xc3\xa9,1:\xff,1:\0,", ["é", "\ufffd", "\0"], undefined],
    ["12:hello world!,", ["hello world!"], undefined],
    ["13:hello world!!,", [], TOO_LONG],
    ["99999999999999999999999", [], TOO_LONG],
    ["1:a,13", ["a"], TOO_LONG],
    ["00:,", [], MALFORMED],
    ["05:hello,", [], MALFORMED],
    [":,", [], MALFORMED],
    ["-1:,", [], MALFORMED],
    [" 1:a,", [], MALFORMED],
    ["1 :a,", [], MALFORMED],
    ["1:a,\n1:b,", ["a"], MALFORMED],
    ["1:ab", [], MALFORMED],
    ["GET / HTTP/1.1\r\n", [], MALFORMED],
  ])("reads %j, wherever it is cut", (octets, wanted, fault) => {
    for (const pieces of everyPairOfCuts(Buffer.from(octets, "latin1"))) {
      const netstrings = new Netstrings(12);
      expect(pieces.flatMap((piece) => [...netstrings.read(piece)])).toEqual([...wanted]);
      expect(netstrings.fault).toBe(fault);
    }
  });

  test("reads nothing behind a fault", () => {
    const netstrings = new Netstrings(12);
    expect([...netstrings.read(Buffer.from("x")), ...netstrings.read(Buffer.from("1:a,"))]).toEqual([]);
  });

  test("reads what toNetstring writes", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme" }), { maxLength: 5 }), (texts) => {
        for (const pieces of everyCut(Buffer.from(texts.map(toNetstring).join("")))) {
          const netstrings = new Netstrings(1_000);
          expect(pieces.flatMap((piece) => [...netstrings.read(piece)])).toEqual(texts);
        }
      }),
    );
  });
});
