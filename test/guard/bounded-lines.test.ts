import { describe, expect, test } from "bun:test";
import { BoundedLines } from "../../src/guard/bounded-lines.ts";
import { everyPairOfCuts } from "../smtp/cuts.ts";

describe("BoundedLines", () => {
  test.each([
    ["", []],
    ["half", []],
    ["one\ntwo\nthr", [["one"], ["two"]]],
    ["\n\n", [[""], [""]]],
    ["12345678\n123456789\n1\n", [["12345678"], ["12345678", true], ["1"]]],
    ["cr\r\nnul\0\n", [["cr\r"], ["nul\0"]]],
    ["\xff\n\xc3\xa9\n", [["\ufffd"], ["é"]]],
  ] as const)("reads %j, wherever it is cut", (octets, wanted) => {
    for (const pieces of everyPairOfCuts(Buffer.from(octets, "latin1"))) {
      const lines = new BoundedLines(8);
      const read = pieces.flatMap((piece) => [...lines.read(piece)]);
      expect(read).toEqual(wanted.map(([text, isCut = false]) => ({ text, isCut })));
    }
  });

  test("keeps its own copy of what is not yet a line", () => {
    const lines = new BoundedLines(8);
    const octets = Buffer.from("half");
    expect([...lines.read(octets)]).toEqual([]);
    octets.fill("x");
    expect([...lines.read(Buffer.from("\n"))]).toEqual([{ text: "half", isCut: false }]);
  });
});
