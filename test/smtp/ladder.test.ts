import { expect, test } from "bun:test";
import { ladder } from "../../src/smtp/ladder.ts";

test("ladder() waits for the greeting's code, says nothing, and is greeted by what is given", () => {
  const script = ladder();
  expect(script.next({ code: 0, lines: [], complete: false })).toEqual({
    done: false,
    value: { stage: "greeting", say: "", hear: "code", want: [220] },
  });
  const reply = { code: 220, lines: ["mx.test"], complete: false };
  expect(script.next(reply)).toEqual({ done: true, value: { kind: "greeted", reply } });
});
