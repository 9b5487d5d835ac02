import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type MessageParts, parseMessage } from "../../src/guard/message.ts";
import { UsageError } from "../../src/text/errors.ts";

const PARTS: MessageParts = {
  server: "mx1.example.test",
  untilMs: Date.UTC(2026, 10, 27, 20, 14, 0, 1),
  reference: "0a1b2c",
};

describe("parseMessage() renders", () => {
  test.each([
    ["Please use %s", "Please use mx1.example.test"],
    ["Use %s until %t (%r)", "Use mx1.example.test until 2026-11-27 20:15 UTC (0a1b2c)"],
    ["%s%s%s", "mx1.example.testmx1.example.testmx1.example.test"],
    ["100%% of %s", "100% of mx1.example.test"],
    ["%%s %%r %%t", "%s %r %t"],
    ["%%%s", "%mx1.example.test"],
    ["%%%%", "%%"],
    ["no place", "no place"],
    [" ", " "],
    ['$& $1 \\ "', '$& $1 \\ "'],
    ["~".repeat(200), "~".repeat(200)],
  ])("%j", (text, said) => {
    expect(parseMessage(text).render(PARTS)).toBe(said);
  });

  test("what a server's name holds as it stands there", () => {
    expect(parseMessage("%s %r").render({ server: "$&%r", untilMs: null, reference: "%s" })).toBe("$&%r %s");
  });
});

describe("parseMessage() renders a time, to the next whole minute", () => {
  test.each([
    [Date.UTC(2026, 10, 27, 20, 15), "2026-11-27 20:15 UTC"],
    [Date.UTC(2026, 10, 27, 20, 15, 0, 1), "2026-11-27 20:16 UTC"],
    [Date.UTC(2026, 10, 27, 20, 15, 59, 999), "2026-11-27 20:16 UTC"],
    [Date.UTC(2026, 11, 31, 23, 59, 30), "2027-01-01 00:00 UTC"],
    [0, "1970-01-01 00:00 UTC"],
    [Date.UTC(2026, 10, 27, 20, 15) + 0.25, "2026-11-27 20:16 UTC"],
    [null, "later"],
  ])("%p as %s", (untilMs, said) => {
    expect(parseMessage("%t").render({ ...PARTS, untilMs })).toBe(said);
  });
});

describe("parseMessage() shows a reference", () => {
  test.each([
    ["%r", true],
    ["%%%r", true],
    ["%s", false],
    ["%%r", false],
    ["r", false],
  ])("%j: %p", (text, has) => {
    expect(parseMessage(text).hasReference).toBe(has);
  });
});

describe("parseMessage() throws a UsageError", () => {
  test.each([
    "",
    "%",
    "100%",
    "%x",
    "% s",
    "%S",
    "%%%",
    "%%%%%",
    "a\nb",
    "a\r\n250 OK",
    "a\tb",
    "a\0b",
    "grüße",
    "a\u2028b",
    "\x7f",
    "~".repeat(201),
    "x".repeat(1_000_000),
  ])("for %j", (text) => {
    expect(() => parseMessage(text)).toThrow(
      new UsageError(
        "Cannot read the message: want at most 200 printable ASCII characters, with %s, %t, %r or %% in it",
      ),
    );
  });
});

test("whatever is read renders to one line of printable ASCII, and a message with every % doubled as it was", () => {
  const texts = fc.string({ unit: fc.constantFrom(..."%%%srtx \n".split("")), minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(texts, (text) => {
      try {
        expect(parseMessage(text).render(PARTS)).toMatch(/^[ -~]+$/);
      } catch (error) {
        expect(error).toBeInstanceOf(UsageError);
      }
      const plain = text.replace(/\n/g, "-");
      expect(parseMessage(plain.replaceAll("%", "%%")).render(PARTS)).toBe(plain);
    }),
    { numRuns: 2_000 },
  );
});
