import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { decodeOctets, LineReader } from "../../src/net/line-reader.ts";
import { everyPairOfCuts, octetByOctet } from "../smtp/cuts.ts";

const MAX = 10;

interface Read {
  readonly lines: readonly string[];
  readonly partial: string;
}

function read(pieces: readonly Uint8Array[], maxLineOctets = MAX): Read {
  const reader = new LineReader(maxLineOctets);
  const lines = pieces.flatMap((piece) => {
    reader.push(piece);
    return reader.takeLines();
  });
  return { lines, partial: reader.partial };
}

function octets(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}

describe("LineReader reads, however it was cut,", () => {
  test.each<[string, string, readonly string[], string]>([
    ["nothing", "", [], ""],
    ["no line yet", "220", [], "220"],
    ["CRLF", "one\r\ntwo\r\n", ["one", "two"], ""],
    ["bare LF", "one\ntwo\n", ["one", "two"], ""],
    ["both", "one\r\ntwo\nthree", ["one", "two"], "three"],
    ["bare CR as part of a line", "a\rb\r\nc\r", ["a\rb"], "c\r"],
    ["two CRs before LF as one too many", "a\r\r\n", ["a\r"], ""],
    ["empty lines", "\n\r\n\n", ["", "", ""], ""],
    ["NUL and octets above 127", "\0\xff\n\x80", ["\0\xff"], "\x80"],
    ["a line of the most octets", "1234567890\r\n", ["1234567890"], ""],
    ["one octet too many", "12345678901\r\nnext\n", ["1234567890", "next"], ""],
    ["far too many", `${"x".repeat(35)}\nnext`, ["x".repeat(10)], "next"],
    ["far too many without an end", "y".repeat(35), [], "y".repeat(10)],
    ["a CR that is the last octet kept of a longer line", "123456789\rx\n", ["123456789\r"], ""],
  ])("%s", (_, text, lines, partial) => {
    for (const pieces of [...everyPairOfCuts(octets(text)), octetByOctet(octets(text))]) {
      expect(read(pieces)).toEqual({ lines, partial });
    }
  });

  test("any octets", () => {
    const piece = fc
      .uint8Array({ maxLength: 30 })
      .map((all) => all.map((octet) => [10, 13, 65, octet][octet % 4] ?? 0));
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        expect(read(pieces)).toEqual(read(octetByOctet(Buffer.concat(pieces))));
      }),
    );
  });
});

test("LineReader hands each line out once", () => {
  const reader = new LineReader(MAX);
  reader.push(octets("one\ntwo\n"));
  expect(reader.takeLines()).toEqual(["one", "two"]);
  expect(reader.takeLines()).toEqual([]);
});

test("LineReader keeps no more memory than a line when a megabyte comes without a line end", () => {
  const reader = new LineReader(1_024);
  for (let at = 0; at < 16; at += 1) reader.push(new Uint8Array(65_536).fill(0x78));
  expect(reader.partial.length).toBe(1_024);
  expect(reader.takeLines()).toEqual([]);
});

describe("decodeOctets() reads", () => {
  test.each([
    ["ASCII", "220 a\0\x7f", "220 a\0\x7f"],
    ["UTF-8", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x91\x8d", "é€👍"],
    ["what is no UTF-8", "a\xff\xc3b\xe2\x82", "a\ufffd\ufffdb\ufffd"],
    ["a byte order mark as the character that it is", "\xef\xbb\xbfa", "\ufeffa"],
  ])("%s", (_, octets, text) => {
    expect(decodeOctets(octets)).toBe(text);
  });
});
