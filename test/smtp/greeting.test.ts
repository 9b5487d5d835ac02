import { expect, test } from "bun:test";
import { GREETING_ALONE } from "../../src/smtp/greeting.ts";

test("GREETING_ALONE waits for the greeting's code, says nothing, and is greeted by what is given", () => {
  const script = GREETING_ALONE.script({ localAddress: undefined, remoteAddress: undefined });
  expect(script.next({ code: 0, lines: [], complete: false })).toEqual({
    done: false,
    value: { stage: "greeting", say: "", want: [220] },
  });
  const reply = { code: 220, lines: ["mx.test"], complete: false };
  expect(script.next(reply)).toEqual({ done: true, value: { kind: "greeted", reply } });
});
