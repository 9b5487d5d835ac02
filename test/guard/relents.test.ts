import { describe, expect, test } from "bun:test";
import { OwnMemory } from "../../src/guard/own-memory.ts";
import { keysOf, type Memory, PASS_MS, relieve, type Sending, WAITING_MS } from "../../src/guard/relents.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOW = Date.UTC(2026, 10, 27);
const RELENT = 8 * MINUTE;

const SENDING: Sending = {
  group: "client.test",
  sender: "news@client.test",
  recipient: "a@example.test",
  recipientDomain: "example.test",
};

/** What a sending comes to each time that it is tried. */
function relieved(
  tries: readonly (readonly [minute: number, news?: Partial<Sending>])[],
  {
    relentMs = RELENT,
    memory = new OwnMemory(),
  }: { readonly relentMs?: number; readonly memory?: Memory } = {},
): readonly (string | number | null)[] {
  return tries.map(([minute, news]) => {
    const relief = relieve({ ...SENDING, ...news }, relentMs, memory, NOW + minute * MINUTE);
    if (relief.kind === "let-in") return relief.why;
    return relief.untilMs === null ? null : (relief.untilMs - NOW) / MINUTE;
  });
}

describe("relieve() the same sender and recipient", () => {
  test("after the time, and everything from there to that domain for a day from the last time on", () => {
    const other = { sender: "other@client.test", recipient: "b@example.test" };
    expect(
      relieved([
        [0],
        [4],
        [7.99],
        [8],
        [8, other],
        [8 + 24 * 60, other],
        [8 + 48 * 60],
        [8 + 72 * 60 + 1],
        [8 + 72 * 60 + 9],
      ]),
    ).toEqual([8, 8, 8, "relented", "passing", "passing", "passing", 8 + 72 * 60 + 9, "relented"]);
  });

  test("at the second try at the earliest, however late that is, up to 25 hours", () => {
    expect(relieved([[0], [25 * 60]])).toEqual([8, "relented"]);
    expect(relieved([[0], [25 * 60 + 1], [25 * 60 + 9]])).toEqual([8, 25 * 60 + 9, "relented"]);
  });

  test("though they are spelled in other letters", () => {
    const tries = [[0], [9, { sender: "NEWS@Client.Test", recipient: "A@Example.Test" }]] as const;
    expect(relieved(tries)).toEqual([8, "relented"]);
  });

  test.each<[string, Partial<Sending>]>([
    ["another group", { group: "192.0.2.0/24" }],
    ["another recipient", { recipient: "b@example.test" }],
    ["another sender's domain", { sender: "news@other.test" }],
    ["the null sender", { sender: "" }],
    ["a sender without a domain", { sender: "news" }],
  ])("but not one with %s", (_, news) => {
    expect(relieved([[0], [9, news], [17, news]])).toEqual([8, 17, "relented"]);
  });
});

describe("relieve() a sender whose tag changes", () => {
  const tagged = (tag: number) => ({ sender: `bounce-${tag}@client.test` });

  test("after twice the time, by its domain and the recipient", () => {
    expect(
      relieved([
        [0, tagged(0)],
        [8, tagged(1)],
        [15.9, tagged(2)],
        [16, tagged(3)],
        [16, tagged(4)],
      ]),
    ).toEqual([8, 16, 16, "relented", "passing"]);
  });

  test("never the null sender, and one of no domain by itself alone", () => {
    const other = { sender: "", recipient: "b@example.test" };
    expect(
      relieved([
        [0, { sender: "" }],
        [20, other],
        [29, other],
      ]),
    ).toEqual([8, 28, "relented"]);
    expect(
      relieved([
        [0, { sender: "one" }],
        [20, { sender: "two" }],
        [20, { sender: "one" }],
      ]),
    ).toEqual([8, 28, "relented"]);
  });
});

test("relieve() a pass is one group's, one sender's domain's, for one recipient's domain", () => {
  const others: readonly Partial<Sending>[] = [
    { group: "other.test" },
    { sender: "news@other.test" },
    { sender: "" },
    { recipient: "a@example2.test", recipientDomain: "example2.test" },
  ];
  expect(relieved([[0], [8], ...others.map((news) => [8, news] as const)])).toEqual([
    8,
    "relented",
    16,
    16,
    16,
    16,
  ]);
});

test("relieve() the null sender's pass is for the null sender", () => {
  expect(
    relieved([
      [0, { sender: "" }],
      [8, { sender: "" }],
      [8, { sender: "", recipient: "b@example.test" }],
      [8],
    ]),
  ).toEqual([8, "relented", "passing", 16]);
});

describe("relieve() keeps to the time that it was told", () => {
  test.each([
    [0, [null, null, null]],
    [0.5 * MINUTE, [0.5, "relented", "passing"]],
    [12 * HOUR, [720, 720, 720]],
  ])("%p ms", (relentMs, reliefs) => {
    expect(relieved([[0], [1], [600]], { relentMs })).toEqual(reliefs);
  });

  test("and none touches what is remembered when it is never", () => {
    const memory = new OwnMemory();
    relieved([[0], [9]], { relentMs: 0, memory });
    expect(memory.size).toBe(0);
  });
});

describe("relieve() whatever the clock does", () => {
  test("set forward: the sender waited as long as the clock says", () => {
    expect(relieved([[0], [24 * 60]])).toEqual([8, "relented"]);
  });

  test("set back: a first time in the future counts as long ago", () => {
    expect(relieved([[0], [-1]])).toEqual([8, "relented"]);
    expect(relieved([[0], [-1_000_000]])).toEqual([8, "relented"]);
  });
});

describe("relieve() without room", () => {
  test("lets in, until there is some", () => {
    const memory = new OwnMemory(2);
    memory.meet(["x", "y"], NOW);
    expect(relieved([[0], [9], [59], [60], [67], [68]], { memory })).toEqual([
      "no-room",
      "no-room",
      "no-room",
      68,
      68,
      "relented",
    ]);
  });

  test("for the second of two keys lets in, and goes by the first from then on", () => {
    const memory = new OwnMemory(1);
    expect(relieved([[0], [4], [8]], { memory })).toEqual(["no-room", "no-room", "relented"]);
  });
});

describe("keysOf()", () => {
  test("a sending", () => {
    expect(keysOf({ ...SENDING, sender: "News@Client.test.", recipient: "A@Example.test" })).toEqual({
      pass: "p client.test client.test example.test",
      exact: "s client.test news@client.test. a@example.test",
      ofDomain: "d client.test client.test a@example.test",
    });
  });

  test("the null sender, and one without a domain", () => {
    expect(keysOf({ ...SENDING, sender: "" })).toEqual({
      pass: "p client.test  example.test",
      exact: "s client.test  a@example.test",
      ofDomain: undefined,
    });
    expect(keysOf({ ...SENDING, sender: "a@[192.0.2.1]" }).ofDomain).toBe(
      "d client.test a@[192.0.2.1] a@example.test",
    );
  });
});

test("a waiting sender is remembered for longer than a pass holds", () => {
  expect([PASS_MS, WAITING_MS]).toEqual([24 * HOUR, 25 * HOUR]);
});

/** A schedule: minutes after the first try (senders.md, A3, which names the sources). */
type Schedule = readonly number[];

function every(minutes: number, from: number, to: number): Schedule {
  return Array.from({ length: Math.floor((to - from) / minutes) + 1 }, (_, at) => from + at * minutes);
}

/** Each pause twice the one before. */
function doubling(firstMinutes: number, tries: number): Schedule {
  return Array.from({ length: tries }, (_, at) => firstMinutes * (2 ** (at + 1) - 1));
}

const THRESHOLDS = [5, 8, 10, 12, 15, 30, 60] as const;

/** What senders.md says: when the message is in, in whole minutes, for each threshold. */
const SENDERS: readonly (readonly [name: string, tries: Schedule, table: readonly number[]])[] = [
  ["Postfix", [5, 10, 20, 40, 80, 146.7, 213.3], [5, 10, 10, 20, 20, 40, 80]],
  ["Exim", [...every(15, 15, 120), 180, 270], [15, 15, 15, 15, 15, 30, 60]],
  [
    "Exchange server",
    [...every(1, 1, 4), ...every(5, 9, 34), ...every(10, 44, 200)],
    [9, 9, 14, 14, 19, 34, 64],
  ],
  ["Exchange Online, 15 min", [...every(15, 15, 60), 120, 180], [15, 15, 15, 15, 15, 30, 60]],
  ["Exchange Online, 30 min, then hourly", every(60, 30, 330), [30, 30, 30, 30, 30, 30, 90]],
  ["mox", doubling(7.5, 8), [8, 22, 22, 22, 22, 52, 112]],
  ["KumoMTA, SparkPost", doubling(20, 6), [20, 20, 20, 20, 20, 60, 60]],
  ["chasquid", [1.5, 7, 17.5, 38, 58.5, 79, 99.5], [7, 18, 18, 18, 18, 38, 79]],
  ["Stalwart", [2, 7, 17, 32, 62, 122, 242], [7, 17, 17, 17, 17, 32, 62]],
  ["Haraka", doubling(64 / 60, 12), [7, 16, 16, 16, 16, 33, 67]],
  ["Mailgun", [10, 20, 35, 65, 125], [10, 10, 10, 20, 20, 35, 65]],
  ["SendGrid", [1, 11, 71, 311], [11, 11, 11, 71, 71, 71, 71]],
];

/** The minute in which the message is let in, when it is tried on this schedule. */
function minuteLetIn(
  tries: Schedule,
  relentMinutes: number,
  each: (at: number) => Partial<Sending> = () => ({}),
): number {
  const all = [0, ...tries];
  const reliefs = relieved(
    all.map((minute, at) => [minute, each(at)] as const),
    { relentMs: relentMinutes * MINUTE },
  );
  return all[reliefs.indexOf("relented")] ?? Number.POSITIVE_INFINITY;
}

describe("a sender that reaches the secondary alone gets in when senders.md says", () => {
  test.each(SENDERS)("%s", (_, tries, table) => {
    for (const [at, threshold] of THRESHOLDS.entries()) {
      const minute = minuteLetIn(tries, threshold);
      expect(Math.abs(minute - (table[at] ?? Number.NaN))).toBeLessThanOrEqual(0.5);
    }
  });

  test.each(SENDERS)("%s within 30 minutes of its first try", (_, tries) => {
    expect(minuteLetIn(tries, 8)).toBeLessThanOrEqual(30);
  });

  test("and the worst and the median are those of the table", () => {
    const minutes = SENDERS.map(([, tries]) => minuteLetIn(tries, 8)).toSorted((one, other) => one - other);
    expect([minutes.at(-1), minutes.at(0), minutes.at(6)]).toEqual([30, 9, 16]);
  });

  test("a year earlier or later does not matter, nor that messages come to others meanwhile", () => {
    const memory = new OwnMemory();
    const busy = every(1, 0, 9).map((minute) => [minute, { recipient: `r${minute}@example.test` }] as const);
    relieved(busy, { memory });
    expect(relieved([[0], [10]], { memory })).toEqual([8, "relented"]);
  });
});

test("a sender of a tag for each try gets in at its first try after twice the time", () => {
  const minutes = SENDERS.map(([name, tries]) => [
    name,
    Math.round(minuteLetIn(tries, 8, (at) => ({ sender: `bounce-${at}@client.test` }))),
  ]);
  expect(Object.fromEntries(minutes)).toEqual({
    Postfix: 20,
    Exim: 30,
    "Exchange server": 19,
    "Exchange Online, 15 min": 30,
    "Exchange Online, 30 min, then hourly": 30,
    mox: 23,
    "KumoMTA, SparkPost": 20,
    chasquid: 18,
    Stalwart: 17,
    Haraka: 16,
    Mailgun: 20,
    SendGrid: 71,
  });
});
