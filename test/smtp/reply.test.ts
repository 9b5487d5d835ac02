import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { MAX_REPLY_LINE_OCTETS, MAX_REPLY_OCTETS, ReplyReader } from "../../src/smtp/reply.ts";
import type { ReplyStart } from "../../src/smtp/reply-line.ts";
import { everyCut, everyPairOfCuts, octetByOctet } from "./cuts.ts";

interface Read {
  readonly start: ReplyStart;
  readonly lines: readonly string[];
  readonly complete: boolean;
  readonly finished: boolean;
  readonly firstLine: string;
}

function read(pieces: readonly Uint8Array[]): Read {
  const reader = new ReplyReader();
  let decided: ReplyStart = "unknown";
  for (const piece of pieces) {
    reader.push(piece);
    if (decided !== "unknown") expect(reader.start).toBe(decided);
    decided = reader.start;
  }
  const { lines, complete } = reader.reply(typeof decided === "number" ? decided : 0);
  return { start: decided, lines, complete, finished: reader.finished, firstLine: reader.firstLine };
}

function octets(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}

describe("ReplyReader knows the start of", () => {
  test.each<[string, ReplyStart, number]>([
    ["220 mx.example.test ESMTP\r\n", 220, 4],
    ["220-mx.example.test\r\n220 ESMTP\r\n", 220, 4],
    ["220\r\n", 220, 5],
    ["220\n", 220, 4],
    ["220 \r\n", 220, 4],
    ["220-\n220\n", 220, 4],
    ["421 4.7.0 too busy\r\n", 421, 4],
    ["554-no\r\n554 thanks\r\n", 554, 4],
    ["250 fine\r\n", 250, 4],
    ["599 odd\r\n", 599, 4],
    ["2200 odd\r\n", "not-smtp", 4],
    ["220\r\r\n", "not-smtp", 5],
    ["220\rmx\r\n", "not-smtp", 5],
    ["220\tmx\r\n", "not-smtp", 4],
    ["220\0mx\r\n", "not-smtp", 4],
    ["220,mx\r\n", "not-smtp", 4],
    ["220\xa0mx\r\n", "not-smtp", 4],
    ["22 0\r\n", "not-smtp", 3],
    ["22\r\n", "not-smtp", 3],
    ["22\0 \n", "not-smtp", 3],
    ["2\n", "not-smtp", 2],
    [" 220 mx\r\n", "not-smtp", 1],
    ["\r\n220 mx\r\n", "not-smtp", 1],
    ["\n220 mx\n", "not-smtp", 1],
    ["\0" + "220 mx\r\n", "not-smtp", 1],
    ["-220 mx\r\n", "not-smtp", 1],
    ["120 soon\r\n", "not-smtp", 1],
    ["620 odd\r\n", "not-smtp", 1],
    ["HTTP/1.1 400 Bad Request\r\n", "not-smtp", 1],
    ["SSH-2.0-OpenSSH_9.2\r\n", "not-smtp", 1],
    ["\xff\xfb\x01", "not-smtp", 1],
    ["\xef\xbb\xbf220 mx\r\n", "not-smtp", 1],
    ["\xfe\xff220 mx\r\n", "not-smtp", 1],
    ["\xd9\xa2\xd9\xa2\xd9\xa0 mx\r\n", "not-smtp", 1],
  ])("%j: %p after octet %d", (text, start, decidedAfter) => {
    const reader = new ReplyReader();
    const starts = octetByOctet(octets(text)).map((octet) => {
      reader.push(octet);
      return reader.start;
    });
    expect(starts).toEqual(starts.map((_, at) => (at + 1 < decidedAfter ? "unknown" : start)));
  });

  test.each(["", "2", "22", "220", "220\r", "554\r"])("%j: nothing yet", (text) => {
    expect(read([octets(text)])).toMatchObject({ start: "unknown", complete: false, finished: false });
  });
});

describe("ReplyReader reads, however it was cut,", () => {
  test.each<[string, Omit<Read, "firstLine">]>([
    ["220\r\n", { start: 220, lines: [""], complete: true, finished: true }],
    ["220 a\r\n", { start: 220, lines: ["a"], complete: true, finished: true }],
    ["220 a\n", { start: 220, lines: ["a"], complete: true, finished: true }],
    ["220 a\r", { start: 220, lines: ["a\r"], complete: false, finished: false }],
    ["220-a\r\n220 b\r\n", { start: 220, lines: ["a", "b"], complete: true, finished: true }],
    ["220-a\n220\n", { start: 220, lines: ["a", ""], complete: true, finished: true }],
    ["220-a\r\n", { start: 220, lines: ["a"], complete: false, finished: false }],
    ["220-a\r\n220-b\r\n22", { start: 220, lines: ["a", "b", "22"], complete: false, finished: false }],
    ["220-a\r\n554 b\r\n", { start: 220, lines: ["a", "b"], complete: true, finished: true }],
    ["220-a\r\nb\r\n220 c\r\n", { start: 220, lines: ["a", "b", "c"], complete: true, finished: true }],
    ["220 a\r\n250 b\r\n", { start: 220, lines: ["a"], complete: true, finished: true }],
    ["220 a\r\n250", { start: 220, lines: ["a"], complete: true, finished: true }],
    ["220 \xc3\xa9\xe2\x82\xac\r\n", { start: 220, lines: ["é€"], complete: true, finished: true }],
    ["220 \xf0\x9f\x91\x8d\r\n", { start: 220, lines: ["👍"], complete: true, finished: true }],
    ["220 a\xff\xc3b\0\r\n", { start: 220, lines: ["a\ufffd\ufffdb\0"], complete: true, finished: true }],
    ["554-a\r\n554 b\r\n", { start: 554, lines: ["a", "b"], complete: true, finished: true }],
    ["220 \xef\xbb\xbfa\r\n", { start: 220, lines: ["\ufeffa"], complete: true, finished: true }],
  ])("%j", (text, expected) => {
    const whole = octets(text);
    for (const pieces of [...everyPairOfCuts(whole), octetByOctet(whole)]) {
      expect(read(pieces)).toMatchObject(expected);
    }
  });

  test.each([
    "220-mx.example.test ESMTP \xc3\xa9\r\n220-250-SIZE\r\n220 ready\r\n",
    "HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n<html>",
    "\xef\xbb\xbf220 mx\r\n",
    "220\r\r\n220 a\r\n",
  ])("%j", (text) => {
    for (const pieces of [...everyCut(octets(text)), octetByOctet(octets(text))]) {
      expect(read(pieces)).toEqual(read([octets(text)]));
    }
  });

  test("anything", () => {
    const unit = fc.constantFrom(
      "220",
      "554",
      "2",
      "0",
      " ",
      "-",
      "\r",
      "\n",
      "\r\n",
      "\0",
      "\xc3",
      "\xa9",
      "\xef\xbb\xbf",
    );
    fc.assert(
      fc.property(fc.array(fc.string({ unit, maxLength: 8 })), (pieces) => {
        const all = octets(pieces.join(""));
        expect(read(pieces.map(octets))).toEqual(read(octetByOctet(all)));
      }),
    );
  });
});

describe("ReplyReader reads no more than it should of", () => {
  test("a line without an end", () => {
    const text = read([octets(`220 ${"x".repeat(1_000_000)}`)]);
    expect(text).toMatchObject({ start: 220, complete: false, finished: true });
    expect(text.lines).toEqual(["x".repeat(MAX_REPLY_LINE_OCTETS - 4)]);
  });

  test("something that is no reply", () => {
    const { start, firstLine, finished } = read(Array.from({ length: 16 }, () => octets("x".repeat(65_536))));
    expect({ start, firstLine, finished }).toEqual({
      start: "not-smtp",
      firstLine: "x".repeat(MAX_REPLY_LINE_OCTETS),
      finished: true,
    });
  });

  test("a line that is too long and ends", () => {
    expect(read([octets(`220 ${"x".repeat(2_000)}\r\n`)])).toMatchObject({
      lines: ["x".repeat(MAX_REPLY_LINE_OCTETS - 4)],
      complete: true,
    });
  });

  test("lines without an end", () => {
    const line = "220-0123456789\r\n";
    const pieces = Array.from({ length: 1_000 }, () => octets(line));
    const { lines, complete, finished } = read(pieces);
    expect({ complete, finished }).toEqual({ complete: false, finished: true });
    expect(lines).toEqual(Array.from({ length: MAX_REPLY_OCTETS / line.length }, () => "0123456789"));
  });

  test.each([
    ["ends with the last octet read", 0, true],
    ["ends one octet later", 1, false],
  ])("a reply that %s", (_, more, complete) => {
    const line = "220-0123456789\r\n";
    const last = `220 ${"x".repeat(10 + more)}\r\n`;
    const whole = octets(line.repeat(MAX_REPLY_OCTETS / line.length - 1) + last);
    expect(read([whole])).toMatchObject({ complete, finished: true });
    expect(read(octetByOctet(whole))).toMatchObject({ complete, finished: true });
  });
});
