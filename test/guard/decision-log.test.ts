import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";
import fc from "fast-check";
import { DecisionLog, LOG_LEVELS, type LogFields, type LogLevel } from "../../src/guard/decision-log.ts";

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

function logAt(level: LogLevel = "info", format: "logfmt" | "json" = "logfmt") {
  const lines: string[] = [];
  const log = new DecisionLog({ level, format, write: (line) => void lines.push(line) });
  return { log, lines };
}

describe("say() writes logfmt", () => {
  test.each<[LogFields, string]>([
    [{}, "level=info"],
    [{ msg: "plain" }, "level=info msg=plain"],
    [{ msg: "two words", n: 3, is: true }, 'level=info msg="two words" n=3 is=true'],
    [{ a: null, b: "" }, 'level=info b=""'],
    [{ a: 'say "hi"', b: "a=b", c: "back\\slash" }, 'level=info a="say \\"hi\\"" b="a=b" c="back\\\\slash"'],
    [{ a: "x\r\nlevel=error" }, 'level=info a="x\\\\r\\\\nlevel=error"'],
    [{ a: "\u001b[31m\0\u2028\u202e" }, 'level=info a="\\\\x1b[31m\\\\x00\\\\u{2028}\\\\u{202e}"'],
    [{ a: "a\u00a0b" }, 'level=info a="a\u00a0b"'],
    [{ a: "müller" }, "level=info a=müller"],
    [{ a: -0.5 }, "level=info a=-0.5"],
    [{ level: "error" }, "level=error"],
  ])("%j", (fields, line) => {
    const { log, lines } = logAt();
    log.say("info", fields);
    expect(lines).toEqual([line]);
  });

  test("with long values cut", () => {
    const { log, lines } = logAt();
    log.say("info", {
      a: "x".repeat(320),
      b: "x".repeat(321),
      c: `${"x".repeat(319)}\u{1f600}`,
      d: "\n".repeat(1_000_000),
    });
    expect(lines).toEqual([
      `level=info a=${"x".repeat(320)} b=${"x".repeat(320)}… c=${"x".repeat(319)}… d="${"\\\\n".repeat(160)}…"`,
    ]);
  });
});

test("say() writes JSON", () => {
  const { log, lines } = logAt("info", "json");
  log.say("warn", { msg: 'two "words"', n: 3, is: false, gone: null, a: "x\r\n\u2028\u001b" });
  expect(lines).toEqual([
    '{"level":"warn","msg":"two \\"words\\"","n":3,"is":false,"a":"x\\\\r\\\\n\\\\u{2028}\\\\x1b"}',
  ]);
});

describe("say() and sayOften() show what is as grave as the level, or graver", () => {
  test.each<[LogLevel, readonly LogLevel[]]>([
    ["error", ["error"]],
    ["warn", ["error", "warn"]],
    ["info", ["error", "warn", "info"]],
    ["debug", ["error", "warn", "info", "debug"]],
  ])("%s", (level, shown) => {
    const written: LogLevel[] = [];
    const log = new DecisionLog({ level, format: "logfmt", write: (_, of) => void written.push(of) });
    for (const each of LOG_LEVELS) log.say(each, {});
    for (const each of LOG_LEVELS) log.sayOften(each, { msg: "x" }, 1, null);
    log.flush();
    expect(written).toEqual([...shown, ...shown]);
  });
});

describe("sayOften()", () => {
  const FIELDS = { domain: "example.test", verdict: "deferred" } as const;
  const LINE = "level=info domain=example.test verdict=deferred";

  test("says the first of many at once, and the others after a minute as a number", () => {
    const { log, lines } = logAt();
    for (const ms of [1.26, 0.04, 900, 0]) log.sayOften("info", FIELDS, ms, null);
    expect(lines).toEqual([`${LINE} ms=1.3`]);
    jest.advanceTimersByTime(59_999);
    expect(lines).toHaveLength(1);
    jest.advanceTimersByTime(1);
    expect(lines).toEqual([`${LINE} ms=1.3`, `${LINE} repeated=3`]);
  });

  test("counts two that come in turn each by itself", () => {
    const { log, lines } = logAt();
    for (const domain of ["a.test", "b.test", "a.test", "a.test", "b.test"])
      log.sayOften("info", { domain }, 0, null);
    log.flush();
    expect(lines.slice(2)).toEqual([
      "level=info domain=a.test repeated=2",
      "level=info domain=b.test repeated=1",
    ]);
  });

  test("begins anew after a minute, and says nothing of what was said once", () => {
    const { log, lines } = logAt();
    log.sayOften("info", FIELDS, 1, null);
    jest.advanceTimersByTime(60_000);
    log.sayOften("info", FIELDS, 2, null);
    jest.advanceTimersByTime(600_000);
    expect(lines).toEqual([`${LINE} ms=1`, `${LINE} ms=2`]);
  });

  test("sums up a minute after the first, though others come later", () => {
    const { log, lines } = logAt();
    log.sayOften("info", FIELDS, 1, null);
    jest.advanceTimersByTime(40_000);
    log.sayOften("info", { ...FIELDS, domain: "b.test" }, 1, null);
    log.sayOften("info", { ...FIELDS, domain: "b.test" }, 1, null);
    jest.advanceTimersByTime(20_000);
    expect(lines).toEqual([
      `${LINE} ms=1`,
      "level=info domain=b.test verdict=deferred ms=1",
      "level=info domain=b.test verdict=deferred repeated=1",
    ]);
  });

  test("does not take for the same what differs in a field or in its level", () => {
    const { log, lines } = logAt();
    log.sayOften("info", { a: "1" }, 0, null);
    log.sayOften("warn", { a: 1 }, 0, null);
    log.sayOften("info", { a: "1", b: "" }, 0, null);
    log.sayOften("info", { b: "" }, 0, null);
    expect(lines).toEqual([
      "level=info a=1 ms=0",
      "level=warn a=1 ms=0",
      'level=info a=1 b="" ms=0',
      'level=info b="" ms=0',
    ]);
  });

  test("never counts what has a reference, and shows that first", () => {
    const { log, lines } = logAt();
    for (const reference of ["r1", "r2", "r2"]) log.sayOften("info", FIELDS, 1, reference);
    log.flush();
    expect(lines).toEqual(
      ["r1", "r2", "r2"].map((ref) => `level=info ref=${ref} domain=example.test verdict=deferred ms=1`),
    );
  });

  test("counts a thousand different lines at a time, and loses none", () => {
    const { log, lines } = logAt();
    for (let at = 0; at < 2_500; at += 1) {
      for (let time = 0; time < 3; time += 1) log.sayOften("info", { at }, 0, null);
    }
    log.flush();
    const said = lines.map((line) => Number(/ repeated=(\d+)/.exec(line)?.[1] ?? 1));
    expect(lines).toHaveLength(5_000);
    expect(said.reduce((sum, count) => sum + count, 0)).toBe(7_500);
  });

  test("flush() says at once what has been counted, and once", () => {
    const { log, lines } = logAt("info", "json");
    log.sayOften("info", FIELDS, 1, null);
    log.sayOften("info", FIELDS, 1, null);
    log.flush();
    log.flush();
    jest.advanceTimersByTime(120_000);
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { level: "info", ...FIELDS, ms: 1 },
      { level: "info", ...FIELDS, repeated: 1 },
    ]);
  });
});

test("whatever a value holds, there is one printable line, and logfmt's quotes are closed", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 400 }), (value) => {
      for (const format of ["logfmt", "json"] as const) {
        const { log, lines } = logAt("info", format);
        log.say("info", { value, after: 1 });
        const [line = ""] = lines;
        expect(lines).toHaveLength(1);
        expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        if (format === "json") expect(JSON.parse(line).after).toBe(1);
        else expect(line).toMatch(/^level=info value=(?:"(?:[^"\\]|\\.)*"|[^\s"=\\]+) after=1$/u);
      }
    }),
    { numRuns: 1_000 },
  );
});
