import { afterEach, beforeEach, describe, expect, jest, spyOn, test } from "bun:test";
import type { Report } from "../../src/check/report.ts";
import { checkUntilMet, type Round } from "../../src/check/rounds.ts";
import { StopHostError } from "../../src/check/stop-hosts.ts";
import { MxLookupError } from "../../src/names/exchanges.ts";
import { UsageError } from "../../src/text/errors.ts";
import { passTime } from "../fake/fake-clock.ts";

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

function report(met: boolean | null): Report {
  return {
    verdict: "unavailable",
    server: null,
    requirement: "any",
    quitAfter: "greeting",
    met,
    servers: [],
    elapsedMs: 1,
  };
}

const NOT_MET = report(false);
const MET = report(true);
const NO_MX = new MxLookupError("Cannot look up the mail exchangers");

/** One round: how long it takes, and what comes of it. */
interface Script {
  readonly tookMs: number;
  readonly result: Round | Error;
}

/** Waits, with rounds that follow the script, of which the last is repeated. */
async function wait(waitMs: number, script: readonly Script[], intervalMs?: number) {
  const startMs = performance.now();
  const rounds: { readonly atMs: number; readonly leftMs: number }[] = [];
  const shown: Round[] = [];
  const check = async (leftMs: number): Promise<Report> => {
    const { tookMs, result } = script[rounds.length] ?? script.at(-1) ?? { tookMs: 0, result: NOT_MET };
    rounds.push({ atMs: performance.now() - startMs, leftMs });
    if (tookMs > 0) await Bun.sleep(Math.min(tookMs, leftMs));
    if (result instanceof Error) throw result;
    return result;
  };
  const isMet = async ({ met }: Report) => met === true;
  const onRound = (round: Round) => shown.push(round);
  const waiting = checkUntilMet({ check, isMet, waitMs, intervalMs, onRound });
  const came = await passTime(waiting.catch((error: unknown) => error));
  return { came, rounds, shown, spentMs: performance.now() - startMs };
}

describe("checkUntilMet()", () => {
  test("checks once when the requirement is met", async () => {
    const { came, rounds, shown, spentMs } = await wait(5_000, [{ tookMs: 0, result: MET }]);
    expect([came, rounds, shown, spentMs]).toEqual([MET, [{ atMs: 0, leftMs: 5_000 }], [], 0]);
  });

  test("checks once a second for ten seconds, then every five", async () => {
    const { rounds } = await wait(25_000, [{ tookMs: 0, result: NOT_MET }]);
    const late = [10_000, 15_000, 20_000, 24_750];
    expect(rounds.map(({ atMs }) => atMs)).toEqual([
      ...Array.from({ length: 10 }, (_, at) => at * 1_000),
      ...late,
    ]);
  });

  test("checks at an interval of one's own", async () => {
    const { rounds } = await wait(14_000, [{ tookMs: 0, result: NOT_MET }], 6_000);
    expect(rounds.map(({ atMs }) => atMs)).toEqual([0, 6_000, 12_000, 13_750]);
  });

  test("checks a last time once, though its timer rings a moment early", async () => {
    const sleep = Bun.sleep;
    const early = spyOn(Bun, "sleep").mockImplementation((ms) => sleep(Number(ms) - 0.5));
    const { rounds } = await wait(1_500, [{ tookMs: 0, result: NOT_MET }]);
    early.mockRestore();
    expect(rounds.length).toBe(3);
  });

  test("checks once a second, and a last time just before the end", async () => {
    const { came, rounds, shown } = await wait(3_000, [{ tookMs: 0, result: NOT_MET }]);
    expect(came).toBe(NOT_MET);
    expect(rounds).toEqual([
      { atMs: 0, leftMs: 3_000 },
      { atMs: 1_000, leftMs: 2_000 },
      { atMs: 2_000, leftMs: 1_000 },
      { atMs: 2_750, leftMs: 250 },
    ]);
    expect(shown).toEqual([NOT_MET, NOT_MET, NOT_MET]);
  });

  test("ends as soon as the requirement is met", async () => {
    const script = [NOT_MET, report(null), MET].map((result) => ({ tookMs: 0, result }));
    const { came, spentMs, shown } = await wait(60_000, script);
    expect([came, spentMs]).toEqual([MET, 2_000]);
    expect(shown).toEqual([NOT_MET, report(null)]);
  });

  test("counts the second from the start of a round", async () => {
    const { rounds } = await wait(60_000, [
      { tookMs: 700, result: NOT_MET },
      { tookMs: 0, result: MET },
    ]);
    expect(rounds.map(({ atMs }) => atMs)).toEqual([0, 1_000]);
  });

  test("checks again at once after a round that took longer than a second", async () => {
    const { came, rounds } = await wait(60_000, [
      { tookMs: 10_000, result: NOT_MET },
      { tookMs: 1_000, result: NOT_MET },
      { tookMs: 0, result: MET },
    ]);
    expect(rounds.map(({ atMs }) => atMs)).toEqual([0, 10_000, 15_000]);
    expect(came).toBe(MET);
  });

  test.each([100, 250, 900, 1_000, 1_300, 4_321, 10_000])(
    "never gives a round of %d ms more than is left",
    async (tookMs) => {
      const { rounds, spentMs } = await wait(9_876, [{ tookMs, result: NOT_MET }]);
      for (const { atMs, leftMs } of rounds) expect(atMs + leftMs).toBeCloseTo(9_876, 6);
      expect(rounds.every(({ leftMs }) => leftMs > 0)).toBe(true);
      expect(spentMs).toBeLessThanOrEqual(9_877);
      expect(spentMs).toBeGreaterThanOrEqual(9_876 - 250);
    },
  );

  test.each([0, 1, 249, 250])("checks once when there are %d ms to wait", async (waitMs) => {
    const { came, rounds } = await wait(waitMs, [{ tookMs: 0, result: NOT_MET }]);
    expect([came, rounds]).toEqual([NOT_MET, [{ atMs: 0, leftMs: waitMs }]]);
  });
});

describe("checkUntilMet() waits out a lookup that fails", () => {
  test.each([
    ["of a domain", NO_MX],
    ["of a stop host", new StopHostError("Cannot look up the stop host")],
  ])("%s", async (_, error) => {
    const script = [error, error, MET].map((result) => ({ tookMs: 0, result }));
    const { came, shown, spentMs } = await wait(60_000, script);
    expect([came, shown, spentMs]).toEqual([MET, [error, error], 2_000]);
  });

  test("but throws it when it is that of the last round", async () => {
    const { came, rounds } = await wait(1_500, [
      { tookMs: 0, result: NOT_MET },
      { tookMs: 0, result: NO_MX },
    ]);
    expect([came, rounds.length]).toEqual([NO_MX, 3]);
  });

  test("and forgets it when the last round has a report", async () => {
    const { came } = await wait(500, [
      { tookMs: 0, result: NO_MX },
      { tookMs: 0, result: NOT_MET },
    ]);
    expect(came).toBe(NOT_MET);
  });
});

test.each([
  ["a usage error", new UsageError("Cannot read")],
  ["a defect", new TypeError("odd")],
])("checkUntilMet() throws anything else at once: %s", async (_, error) => {
  const { came, rounds, shown } = await wait(60_000, [{ tookMs: 0, result: error }]);
  expect([came, rounds.length, shown]).toEqual([error, 1, []]);
});
