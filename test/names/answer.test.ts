import { describe, expect, jest, test } from "bun:test";
import {
  type Answer,
  type AnswerOrAlias,
  askInTurn,
  failure,
  NEXT_SERVER_MS,
} from "../../src/names/answer.ts";

type Ask = () => Promise<Answer<string>>;

const FOUND: Answer<string> = { kind: "found", records: ["192.0.2.1"] };
const NONE: Answer<string> = { kind: "none" };
const SILENT: Ask = () => new Promise(() => {});
const STAYING = { hasLeft: false };

function says(answer: Answer<string>): Ask {
  return () => Promise.resolve(answer);
}

function askAll(asks: readonly Ask[], asker = STAYING): Promise<AnswerOrAlias<string>> {
  return askInTurn(asks, (ask) => ask(), asker);
}

describe("askInTurn()", () => {
  const timedOut = failure("timed out");
  const servfail = failure("SERVFAIL");
  const refused = failure("REFUSED");
  const shortage = failure("EMFILE", true);

  test.each<[string, readonly Answer<string>[], Answer<string>]>([
    ["the first answer", [FOUND, servfail], FOUND],
    ["that there is nothing", [NONE, FOUND], NONE],
    ["the next server's answer after a failure", [servfail, refused, FOUND], FOUND],
    ["the next server's no after a failure", [servfail, NONE], NONE],
    ["the first failure that says something", [timedOut, refused, servfail], refused],
    ["a time-out when there is nothing else", [timedOut, timedOut], timedOut],
    ["this machine's own failure before any other", [servfail, shortage, timedOut], shortage],
  ])("gives %s", async (_, answers, answer) => {
    expect(await askAll(answers.map(says))).toEqual(answer);
  });

  test("asks no second server when the first answers", async () => {
    const second = jest.fn(says(FOUND));
    await askAll([says(NONE), second]);
    expect(second).not.toHaveBeenCalled();
  });

  test("asks the next server when one is silent, and still takes a late answer of the first", async () => {
    jest.useFakeTimers();
    try {
      const late = Promise.withResolvers<Answer<string>>();
      const second = jest.fn(SILENT);
      const answer = askAll([() => late.promise, second]);
      jest.advanceTimersByTime(NEXT_SERVER_MS - 1);
      expect(second).not.toHaveBeenCalled();
      jest.advanceTimersByTime(1);
      expect(second).toHaveBeenCalledTimes(1);
      late.resolve(FOUND);
      expect(await answer).toEqual(FOUND);
    } finally {
      jest.useRealTimers();
    }
  });

  test("waits for a silent server when the others have failed", async () => {
    const late = Promise.withResolvers<Answer<string>>();
    let isAnswered = false;
    const answer = askAll([says(servfail), () => late.promise]).finally(() => (isAnswered = true));
    await Bun.sleep(0);
    expect(isAnswered).toBe(false);
    late.resolve(NONE);
    expect(await answer).toEqual(NONE);
  });

  test("asks nobody any more once it is over", async () => {
    jest.useFakeTimers();
    try {
      const asker = { hasLeft: false };
      const second = jest.fn(SILENT);
      void askAll([SILENT, second], asker);
      asker.hasLeft = true;
      jest.advanceTimersByTime(NEXT_SERVER_MS);
      expect(second).not.toHaveBeenCalled();
    } finally {
      jest.useRealTimers();
    }
  });
});
