import { expect, test } from "bun:test";
import { probed, recalled, TIMED_OUT } from "../../src/cache/answer.ts";
import { asked, kept, probed as measured } from "./cache-fixtures.ts";

test("probed() is what the probe came to, just now", async () => {
  expect(await probed(asked(), () => {})).toEqual({ ...measured(), cachedAtMs: null });
});

test("recalled() is what was kept, without times or attempts", () => {
  const entry = kept({ outcome: { kind: "closed", stage: "greeting" }, checkedAtMs: 5_000 });
  expect(recalled(entry)).toEqual({
    outcome: { kind: "closed", stage: "greeting" },
    address: "192.0.2.1",
    dnsMs: null,
    connectMs: null,
    greetingMs: null,
    elapsedMs: null,
    attempts: [],
    cachedAtMs: 5_000,
  });
});

test("TIMED_OUT tells that another was waited for, and is not from the cache", () => {
  expect(TIMED_OUT).toMatchObject({ outcome: { kind: "timed-out", stage: "waiting" }, cachedAtMs: null });
});
