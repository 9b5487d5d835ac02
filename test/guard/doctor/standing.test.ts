import { describe, expect, test } from "bun:test";
import { standingOf } from "../../../src/guard/doctor/standing.ts";

const exchanger = (preference: number, host: string | null) => ({
  preference,
  exchange: host ?? "bad!",
  host,
});
const listOf = (...exchanges: readonly ReturnType<typeof exchanger>[]) =>
  ({ kind: "exchanges", exchanges, implicit: false }) as const;
const own = { names: new Set(["us.test"]), addresses: new Set(["192.0.2.2"]), shown: [] };
const [mx1, mx2, us] = [exchanger(10, "mx1.test"), exchanger(20, "mx2.test"), exchanger(20, "us.test")];

describe("standingOf()", () => {
  test("is that of the least preference that is us, by name or address", () => {
    expect(standingOf(listOf(mx1, us), new Map(), own)).toEqual({ kind: "behind", before: [mx1] });
    const addresses = new Map([["mx2.test", ["2001:db8::2", "192.0.2.2"]]]);
    expect(standingOf(listOf(mx1, mx2, exchanger(30, "us.test")), addresses, own)).toEqual({
      kind: "behind",
      before: [mx1],
    });
  });

  test("is first where nobody is strictly more preferred", () => {
    expect(standingOf(listOf(us), new Map(), own)).toEqual({ kind: "first" });
    expect(standingOf(listOf(mx2, us), new Map(), own)).toEqual({ kind: "first" });
  });

  test("is a stranger's where none is us, or can be looked up", () => {
    const list = listOf(mx1, exchanger(20, null));
    expect(standingOf(list, new Map([["mx1.test", ["192.0.2.1"]]]), own)).toEqual({
      kind: "stranger",
      exchangers: list.exchanges,
    });
  });

  test("is told for domains without MX records", () => {
    expect(standingOf({ kind: "null-mx" }, new Map(), own)).toEqual({ kind: "null-mx" });
    expect(standingOf({ ...listOf(us), implicit: true }, new Map(), own)).toEqual({ kind: "no-mx" });
  });
});
