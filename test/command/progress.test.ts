import { afterEach, beforeEach, expect, jest, mock, spyOn, test } from "bun:test";
import type { CheckOptions } from "../../src/check/options.ts";
import type { Report } from "../../src/check/report.ts";
import { withProgress } from "../../src/command/progress.ts";
import { standard } from "../../src/command/standard-streams.ts";
import { unprobed } from "../../src/probe/outcome.ts";

const REWRITE = "\r\u001b[K";
const TARGET = { server: "mx.test", host: "mx.test", port: 25, preference: null };
const REPORT = { verdict: "unavailable" } as Report;
let shown: string[] = [];

beforeEach(() => {
  shown = [];
  spyOn(standard, "error").mockImplementation((text) => void shown.push(text));
  spyOn(standard, "isTerminal").mockReturnValue(false);
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
  mock.restore();
});

/** Asks, and gives the hand to end it and the options that the check was given. */
function start(options: CheckOptions = {}) {
  const { promise, resolve, reject } = Promise.withResolvers<Report>();
  let given: CheckOptions = {};
  const asked = withProgress(options, (all) => {
    given = all;
    return promise;
  });
  return { asked, resolve, reject, given };
}

test("withProgress() shows nothing of a check that ends within a second", async () => {
  const { asked, resolve } = start();
  jest.advanceTimersByTime(900);
  resolve(REPORT);
  expect(await asked).toBe(REPORT);
  jest.advanceTimersByTime(5_000);
  expect(shown).toEqual([]);
});

test("withProgress() shows how far a longer one is, and wipes that out at the end", async () => {
  const onSettled = mock();
  const { asked, resolve, given } = start({ onSettled });
  jest.advanceTimersByTime(1_000);
  expect(shown).toEqual([`${REWRITE}looking up the mail exchangers`]);
  given.onListed?.(4);
  given.onSettled?.(unprobed(TARGET, { kind: "not-found" }));
  jest.advanceTimersByTime(1_000);
  expect(shown.at(-1)).toStartWith(`${REWRITE}1 of 4 settled, 0 available, 0.5 a second`);
  expect(onSettled).toHaveBeenCalledTimes(1);
  resolve(REPORT);
  await asked;
  expect(shown.at(-1)).toBe(REWRITE);
  const count = shown.length;
  jest.advanceTimersByTime(5_000);
  expect(shown.length).toBe(count);
});

test("withProgress() wipes it out when the check fails too", async () => {
  const { asked, reject } = start();
  jest.advanceTimersByTime(1_500);
  reject(new Error("no"));
  await expect(asked).rejects.toThrow("no");
  expect(shown.at(-1)).toBe(REWRITE);
});
