import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";
import type { ExchangerList } from "../../src/guard/exchanger-list.ts";
import type { ExchangerLists } from "../../src/guard/exchanger-lists.ts";
import { Inquiry, type Verdict } from "../../src/guard/inquiry.ts";
import { Self } from "../../src/guard/self.ts";
import { Watches } from "../../src/guard/watches.ts";
import { FakeVisits } from "./fake-visits.ts";

const OURS = "192.0.2.9";
const FOUND = {
  kind: "found",
  exchangers: [
    {
      preference: 10,
      name: "mx1.example.test",
      addresses: { 4: ["192.0.2.1"], 6: ["2001:db8::1"] },
      isIpv4Alone: false,
      failed: [],
    },
    {
      preference: 20,
      name: "mx2.example.test",
      addresses: { 4: ["192.0.2.2"], 6: [] },
      isIpv4Alone: true,
      failed: [],
    },
    {
      preference: 30,
      name: "mx3.example.test",
      addresses: { 4: [OURS], 6: [] },
      isIpv4Alone: true,
      failed: [],
    },
    {
      preference: 40,
      name: "mx4.example.test",
      addresses: { 4: ["192.0.2.4"], 6: [] },
      isIpv4Alone: true,
      failed: [],
    },
  ],
} as const satisfies ExchangerList;
const NO_VERDICT: Verdict = { kind: "open", reason: "no-verdict" };
const NONE_UP: Verdict = { kind: "open", reason: "none-up" };

let visits: FakeVisits;
let watches: Watches;
let list: ExchangerList | undefined;
let learnt: Set<() => void>;
let told: Verdict[];

beforeEach(() => {
  jest.useFakeTimers();
  visits = new FakeVisits();
  watches = new Watches({ visit: visits.visit, mailCheckMs: 0, notice() {} });
  list = FOUND;
  learnt = new Set();
  told = [];
});

afterEach(() => {
  watches.close();
  jest.useRealTimers();
});

function inquiryOf(family: 4 | 6 = 4, own: string | null = OURS): Inquiry {
  const lists = {
    of(_: string, __: number, callback: () => void) {
      if (list === undefined) learnt.add(callback);
      return list;
    },
  };
  return new Inquiry(
    "example.test",
    { family, own: own ?? undefined },
    {
      self: new Self([], false, { addresses: async () => ({ kind: "not-found" }) }),
      port: 25,
      mayProbeLoopback: false,
      lists: lists as unknown as ExchangerLists,
      watches,
      answerWithinMs: 5_000,
    },
  );
}

const ask = (inquiry: Inquiry) => inquiry.ask(performance.now(), (verdict) => told.push(verdict));
const asked = () => visits.visits.map(({ address }) => address);

describe("Inquiry.ask()", () => {
  test("waits for a first answer, and knows it from then on", () => {
    visits.manners.set("192.0.2.1", "greets");
    const inquiry = inquiryOf();
    expect(ask(inquiry)).toBeUndefined();
    jest.advanceTimersByTime(20);
    expect(told).toEqual([{ kind: "up", server: "mx1.example.test" }]);
    expect(ask(inquiry)).toEqual({ kind: "up", server: "mx1.example.test" });
    expect(asked()).toEqual(["192.0.2.1"]);
  });

  test("tells all who wait, once each", () => {
    visits.manners.set("192.0.2.1", "greets");
    const inquiry = inquiryOf();
    for (let at = 0; at < 50; at += 1) ask(inquiry);
    jest.advanceTimersByTime(10_000);
    expect(told).toHaveLength(50);
  });

  test("asks the next exchanger at once when the best is not up", () => {
    visits.manners.set("192.0.2.1", "fails");
    visits.manners.set("192.0.2.2", "greets");
    ask(inquiryOf());
    jest.advanceTimersByTime(25);
    expect(told).toEqual([{ kind: "up", server: "mx2.example.test" }]);
  });

  test("asks the next exchanger when there is no verdict after 0.3 s, and not before", () => {
    visits.manners.set("192.0.2.2", "greets");
    ask(inquiryOf());
    jest.advanceTimersByTime(295);
    expect(asked()).toEqual(["192.0.2.1"]);
    jest.advanceTimersByTime(30);
    expect(told).toEqual([{ kind: "up", server: "mx2.example.test" }]);
  });

  test("lets in at once when all have failed", () => {
    visits.manners.set("192.0.2.1", "fails");
    visits.manners.set("192.0.2.2", "fails");
    ask(inquiryOf());
    jest.advanceTimersByTime(30);
    expect(told).toEqual([NONE_UP]);
  });

  test("lets in when there is no verdict in time, and at once from then on, until there is one", () => {
    const inquiry = inquiryOf();
    ask(inquiry);
    jest.advanceTimersByTime(3_000);
    ask(inquiry);
    jest.advanceTimersByTime(1_990);
    expect(told).toEqual([]);
    jest.advanceTimersByTime(20);
    expect(told).toEqual([NO_VERDICT, NO_VERDICT]);
    expect(ask(inquiry)).toEqual(NO_VERDICT);
    for (const { visitor } of visits.visits)
      visitor.found({ kind: "greeted", connectMs: 1, firstLineMs: 9_000 });
    expect(ask(inquiry)).toEqual({ kind: "up", server: "mx1.example.test" });
  });

  test("is a first question again when nobody asked for long", () => {
    const inquiry = inquiryOf();
    ask(inquiry);
    jest.advanceTimersByTime(5_100);
    expect(told).toEqual([NO_VERDICT]);
    jest.advanceTimersByTime(80_000);
    expect(ask(inquiry)).toBeUndefined();
  });

  test("names the best that is up", () => {
    visits.manners.set("192.0.2.1", "greets");
    visits.manners.set("192.0.2.2", "greets");
    const inquiry = inquiryOf();
    ask(inquiry);
    jest.advanceTimersByTime(60);
    visits.manners.set("192.0.2.1", "fails");
    const servers: string[] = [];
    for (let at = 0; at < 40; at += 1) {
      const verdict = ask(inquiry);
      if (verdict?.kind === "up" && servers.at(-1) !== verdict.server) servers.push(verdict.server);
      jest.advanceTimersByTime(500);
    }
    expect(servers).toEqual(["mx1.example.test", "mx2.example.test"]);
  });

  test.each<[string, 4 | 6, string, string[], Verdict]>([
    ["an IPv4 client is not deferred for one that is up by IPv6 alone", 4, OURS, ["2001:db8::1"], NONE_UP],
    ["an IPv6 client is not deferred for one that is up by IPv4 alone", 6, OURS, ["192.0.2.1"], NONE_UP],
    [
      "an IPv6 client is deferred for one without IPv6 addresses that is up by IPv4",
      6,
      OURS,
      ["192.0.2.2"],
      { kind: "up", server: "mx2.example.test" },
    ],
  ])("%s", (_, family, own, up, verdict) => {
    for (const address of ["192.0.2.1", "2001:db8::1", "192.0.2.2"])
      visits.manners.set(address, up.includes(address) ? "greets" : "fails");
    ask(inquiryOf(family, own));
    jest.advanceTimersByTime(100);
    expect(told).toEqual([verdict]);
  });

  test.each<[string, string | null, ExchangerList, Verdict]>([
    ["no exchangers", OURS, { kind: "found", exchangers: [] }, { kind: "open", reason: "no-exchangers" }],
    ["a list without us", "192.0.2.99", FOUND, { kind: "open", reason: "not-listed" }],
    ["nobody before us", "192.0.2.1", FOUND, { kind: "open", reason: "none-before-us" }],
    ["an address of ours that is not known", null, FOUND, { kind: "open", reason: "not-listed" }],
    [
      "a failed lookup",
      OURS,
      { kind: "failed", cause: "SERVFAIL" },
      { kind: "open", reason: "lookup-failed" },
    ],
  ])("probes nobody for %s", (_, own, known, verdict) => {
    list = known;
    expect(ask(inquiryOf(4, own))).toEqual(verdict);
    expect(asked()).toEqual([]);
  });

  test("says that a lookup failed where that hides whether we are listed", () => {
    list = {
      kind: "found",
      exchangers: FOUND.exchangers.map((each) => ({ ...each, failed: each.preference === 30 ? [4, 6] : [] })),
    };
    expect(ask(inquiryOf(4, "192.0.2.99"))).toEqual({ kind: "open", reason: "lookup-failed" });
  });

  test("waits for the list, too, and lets in when that takes too long", () => {
    list = undefined;
    const inquiry = inquiryOf();
    expect(ask(inquiry)).toBeUndefined();
    jest.advanceTimersByTime(5_010);
    expect(told).toEqual([NO_VERDICT]);
    expect(ask(inquiry)).toEqual(NO_VERDICT);
  });

  test("goes on when the list is learnt", () => {
    list = undefined;
    visits.manners.set("192.0.2.1", "greets");
    ask(inquiryOf());
    jest.advanceTimersByTime(100);
    list = FOUND;
    for (const callback of learnt) callback();
    jest.advanceTimersByTime(20);
    expect(told).toEqual([{ kind: "up", server: "mx1.example.test" }]);
  });

  test("does not wait for a name server again that had no answer", () => {
    list = undefined;
    const inquiry = inquiryOf();
    ask(inquiry);
    jest.advanceTimersByTime(15_000);
    list = { kind: "failed", cause: "timed out" };
    expect(ask(inquiry)).toEqual({ kind: "open", reason: "lookup-failed" });
    jest.advanceTimersByTime(11_000);
    list = undefined;
    expect(ask(inquiry)).toEqual(NO_VERDICT);
  });

  test("lets in when too many addresses are new", () => {
    for (let at = 0; at < 60; at += 1)
      watches.of({ address: `198.51.100.${at}`, port: 25 }, performance.now());
    expect(ask(inquiryOf())).toEqual({ kind: "open", reason: "too-many-new" });
  });
});
