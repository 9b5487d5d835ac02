import { expect, test } from "bun:test";
import { tally } from "../../src/report/tally.ts";
import { greeted, settled, target } from "./samples.ts";

const up = greeted(target("a.test"));
const down = settled(target("b.test"), { kind: "refused" });
const missing = settled(target("c.test"), { kind: "not-found" });
const ours = settled(target("d.test"), { kind: "no-resources", cause: "EMFILE" });
const skipped = settled(target("e.test"), { kind: "skipped", why: "null-mx" });

test("tally() of nothing is none of each", () => {
  expect(tally([])).toEqual({ available: 0, unavailable: 0, undetermined: 0, skipped: 0 });
});

test("tally() counts the servers of each status", () => {
  expect(tally([down, up, skipped, missing, ours, down])).toEqual({
    available: 1,
    unavailable: 3,
    undetermined: 1,
    skipped: 1,
  });
});
