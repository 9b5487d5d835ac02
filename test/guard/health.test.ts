import { describe, expect, test } from "bun:test";
import { type Finding, Health, type Standing } from "../../src/guard/health.ts";

type Noted = readonly [atMs: number, finding: Finding];

const GREETED: Finding = { kind: "greeted", connectMs: 1, firstLineMs: 20 };
const FAILED: Finding = { kind: "failed", why: "refused" };
const BUSY: Finding = { kind: "busy", reply: { code: 421, lines: ["later"], complete: true } };
const UNKNOWN: Finding = { kind: "unknown" };
const MINUTE = 60_000;

/** Findings at moments, one after the other. */
function healthAfter(...findings: readonly Noted[]): Health {
  const health = new Health(MINUTE);
  for (const [atMs, finding] of findings) health.note(finding, atMs);
  return health;
}

describe("Health.standing()", () => {
  test.each<[string, readonly Noted[], number, Standing]>([
    ["is none before anything is known", [], 0, "none"],
    ["is up after one greeting", [[0, GREETED]], 1, "up"],
    ["is not up after the very first probe failed", [[0, FAILED]], 1, "not-up"],
    [
      "is up when the repetition of a first failure is greeted",
      [
        [0, FAILED],
        [1_000, GREETED],
      ],
      1_000,
      "up",
    ],
    [
      "is up while it is only suspected",
      [
        [0, GREETED],
        [4_750, FAILED],
      ],
      4_751,
      "up",
    ],
    [
      "is up when a suspicion was ended",
      [
        [0, GREETED],
        [4_750, FAILED],
        [5_750, GREETED],
      ],
      5_750,
      "up",
    ],
    [
      "is not up after the second failure",
      [
        [0, GREETED],
        [4_750, FAILED],
        [5_750, FAILED],
      ],
      5_750,
      "not-up",
    ],
    [
      "is up for failures that are each ended by a greeting",
      [
        [0, GREETED],
        [5_000, FAILED],
        [6_000, GREETED],
        [11_000, FAILED],
        [12_000, GREETED],
        [17_000, FAILED],
      ],
      17_000,
      "up",
    ],
    ["is none when what is known is old", [[0, GREETED]], 70_001, "none"],
    ["is up to the last moment of that", [[0, GREETED]], 70_000, "up"],
    [
      "is unchanged by a failure of this machine",
      [
        [0, GREETED],
        [5_000, UNKNOWN],
        [6_000, UNKNOWN],
      ],
      6_000,
      "up",
    ],
    [
      "is none when only this machine failed",
      [
        [0, UNKNOWN],
        [1_000, UNKNOWN],
      ],
      1_000,
      "none",
    ],
    [
      "counts no failure of this machine",
      [
        [0, GREETED],
        [5_000, FAILED],
        [6_000, UNKNOWN],
      ],
      6_000,
      "up",
    ],
  ])("%s", (_, findings, atMs, standing) => {
    expect(healthAfter(...findings).standing(atMs)).toBe(standing);
  });

  describe("of one that is down", () => {
    const DOWN: readonly Noted[] = [
      [0, GREETED],
      [5_000, FAILED],
      [6_000, FAILED],
    ];

    test.each<[string, readonly Noted[], Standing]>([
      ["is not up after one greeting", [[10_000, GREETED]], "not-up"],
      [
        "is not up after two less than 5 s apart",
        [
          [10_000, GREETED],
          [14_999, GREETED],
        ],
        "not-up",
      ],
      [
        "is up after two that are 5 s apart",
        [
          [10_000, GREETED],
          [15_000, GREETED],
        ],
        "up",
      ],
      [
        "is up when the first and last of three are",
        [
          [10_000, GREETED],
          [13_000, GREETED],
          [15_000, GREETED],
        ],
        "up",
      ],
      [
        "is not up with a failure between",
        [
          [10_000, GREETED],
          [12_000, FAILED],
          [15_000, GREETED],
        ],
        "not-up",
      ],
      ["is not up however long nobody asked", [[900_000, GREETED]], "not-up"],
      [
        "is not up by two greetings with forgetting between",
        [
          [10_000, GREETED],
          [90_000, GREETED],
        ],
        "not-up",
      ],
      [
        "comes back after that like any other",
        [
          [90_000, GREETED],
          [95_000, GREETED],
        ],
        "up",
      ],
    ])("%s", (_, findings, standing) => {
      const [last = [0]] = findings.toReversed();
      expect(healthAfter(...DOWN, ...findings).standing(last[0])).toBe(standing);
    });

    test("stays so for somebody who asks much later", () => {
      expect(healthAfter(...DOWN).standing(3_600_000)).toBe("not-up");
    });
  });

  describe("of one that is busy", () => {
    test("leaves up as it is, for five minutes without a 220", () => {
      const health = healthAfter([0, GREETED]);
      for (let at = 1; at < 5; at += 1) health.note(BUSY, at * MINUTE);
      expect(health.standing(5 * MINUTE - 1)).toBe("up");
      expect(health.standing(5 * MINUTE)).toBe("not-up");
    });

    test("counts the five minutes from the first 421 when the last 220 is long ago", () => {
      const health = healthAfter([0, GREETED], [10 * MINUTE, BUSY]);
      for (let at = 11; at < 15; at += 1) health.note(BUSY, at * MINUTE);
      health.note(GREETED, 15 * MINUTE - 1);
      expect(health.standing(15 * MINUTE)).toBe("up");
    });

    test("is down after that, so that coming back takes two greetings", () => {
      const health = healthAfter([0, GREETED]);
      for (let at = 1; at <= 5; at += 1) health.note(BUSY, at * MINUTE);
      health.note(GREETED, 6 * MINUTE);
      expect(health.standing(6 * MINUTE)).toBe("not-up");
      health.note(GREETED, 6 * MINUTE + 5_000);
      expect(health.standing(6 * MINUTE + 5_000)).toBe("up");
    });

    test("lets in at first acquaintance, and is up with the first 220", () => {
      const health = healthAfter([0, BUSY]);
      expect(health.standing(1)).toBe("not-up");
      health.note(GREETED, MINUTE);
      expect(health.standing(MINUTE)).toBe("up");
    });

    test("is not forgotten before a slow one could answer again", () => {
      const health = healthAfter([0, { kind: "greeted", connectMs: 1, firstLineMs: 20_000 }], [60_000, BUSY]);
      expect(health.standing(60_000 + 60_000 + 45_000)).toBe("up");
    });

    test("starts anew with each 220", () => {
      const health = healthAfter([0, GREETED], [MINUTE, BUSY], [2 * MINUTE, GREETED], [3 * MINUTE, BUSY]);
      for (let at = 4; at < 7; at += 1) health.note(BUSY, at * MINUTE);
      expect(health.standing(7 * MINUTE - 1)).toBe("up");
    });

    test("leaves down as it is", () => {
      expect(healthAfter([0, FAILED], [1_000, FAILED], [6_000, BUSY]).standing(6_001)).toBe("not-up");
    });
  });
});

describe("Health.nextProbeAt()", () => {
  test.each<[string, readonly Noted[], number, number, number]>([
    ["is 4.75 s after the last began", [[30, GREETED]], 0, 30, 4_750],
    ["is a moment after the last that took longer", [[6_000, GREETED]], 0, 6_010, 6_260],
    ["is 1 s after a first failure", [[20, FAILED]], 0, 20, 1_020],
    [
      "is 1 s after a failure of one that was up",
      [
        [0, GREETED],
        [4_770, FAILED],
      ],
      4_750,
      4_770,
      5_770,
    ],
    [
      "is 4.75 s after a second failure began",
      [
        [0, FAILED],
        [1_020, FAILED],
      ],
      1_000,
      1_020,
      5_750,
    ],
    ["is a minute after a 421", [[20, BUSY]], 0, 20, 60_020],
    [
      "is not before two greetings are 5 s apart",
      [
        [0, FAILED],
        [1_000, FAILED],
        [5_780, GREETED],
      ],
      5_750,
      5_800,
      10_780,
    ],
  ])("%s", (_, findings, beganAtMs, nowMs, dueMs) => {
    expect(healthAfter(...findings).nextProbeAt(beganAtMs, nowMs)).toBe(dueMs);
  });

  test("is no more than 13 times a minute while none fails", () => {
    const health = new Health(0);
    let [atMs, probes] = [0, 0];
    for (; atMs < MINUTE; probes += 1) {
      health.note(GREETED, atMs + 1);
      atMs = health.nextProbeAt(atMs, atMs + 1);
    }
    expect(probes).toBe(13);
  });
});

describe("Health.patience()", () => {
  const greeted = (connectMs: number, firstLineMs: number): Finding => ({
    kind: "greeted",
    connectMs,
    firstLineMs,
  });

  test.each<[string, readonly Finding[], number | undefined, number]>([
    ["gives a stranger a minute", [], undefined, 60_000],
    ["gives one that only failed a minute", [FAILED, FAILED], undefined, 60_000],
    ["gives a near and quick one 3 s and 10 s", [greeted(300, 20)], 3_000, 10_000],
    ["gives a far one the usual limit", [greeted(301, 20)], undefined, 10_000],
    ["gives a slow one twice its longest first line", [greeted(1, 20_000)], 3_000, 40_000],
    ["remembers the longest", [greeted(1, 20_000), greeted(1, 5)], 3_000, 40_000],
  ])("%s", (_, findings, connectMs, firstLineMs) => {
    const health = new Health(0);
    for (const [at, finding] of findings.entries()) health.note(finding, at);
    expect(health.patience()).toMatchObject({ connectMs, firstLineMs });
  });

  test("gives the rest of a greeting a minute, then its longest and a second, and a minute after one that did not come", () => {
    const health = new Health(0);
    const rest = () => health.patience().restMs;
    expect(rest()).toBe(60_000);
    health.noteRest(0);
    expect(rest()).toBe(7_000);
    health.noteRest(9_000);
    health.noteRest(1);
    expect(rest()).toBe(10_000);
    health.noteRest(undefined);
    expect(rest()).toBe(60_000);
  });

  test("calls quick who is known to answer within 5 s", () => {
    const isQuick = (...firstLines: readonly number[]) => {
      const health = new Health(0);
      for (const firstLineMs of firstLines) health.note(greeted(1, firstLineMs), 0);
      return health.patience().isQuick;
    };
    expect([isQuick(), isQuick(5_000), isQuick(5_001), isQuick(6_000, 10)]).toEqual([
      false,
      true,
      false,
      false,
    ]);
  });

  test("waits in a mail check a quarter longer than for the slowest first line", () => {
    expect(healthAfter([0, greeted(1, 20_000)]).patience().answerMs).toBe(25_000);
  });

  test("keeps what was learnt of slowness when all else is forgotten", () => {
    const health = healthAfter([0, greeted(1, 20_000)]);
    expect(health.standing(3_600_000)).toBe("none");
    expect(health.patience().firstLineMs).toBe(40_000);
  });
});

describe("Mail checks", () => {
  test("are due about a minute after the first greeting, and never before", () => {
    const health = healthAfter([0, GREETED]);
    expect(health.isMailCheckDue(47_999)).toBe(false);
    health.note(GREETED, 60_000);
    expect(health.isMailCheckDue(72_001)).toBe(true);
    health.noteMail("takes-mail", 0, 72_001);
    expect(health.isMailCheckDue(72_002)).toBe(false);
  });

  test("that take long keep what is known fresh with each answer", () => {
    const health = healthAfter([0, GREETED]);
    for (let at = 0; at <= 120_000; at += 20_000) health.refresh(at);
    expect(health.standing(180_000)).toBe("up");
  });

  test("are never due of one that is not up", () => {
    expect(healthAfter([0, GREETED], [70_000, FAILED]).isMailCheckDue(75_000)).toBe(false);
    expect(new Health(MINUTE).isMailCheckDue(1e9)).toBe(false);
  });

  test("are never due when they are switched off", () => {
    const health = new Health(0);
    for (let at = 0; at <= 600_000; at += 5_000) health.note(GREETED, at);
    expect(health.isMailCheckDue(600_000)).toBe(false);
  });

  test("count as down after three running that failed, and one that goes well ends it", () => {
    const health = healthAfter([0, GREETED]);
    expect(health.noteMail("takes-none", 0, 1)).toBe(false);
    expect(health.noteMail("takes-none", 0, 2)).toBe(false);
    expect(health.standing(2)).toBe("up");
    expect(health.noteMail("takes-none", 0, 3)).toBe(true);
    expect(health.standing(3)).toBe("not-up");
    expect(health.noteMail("takes-none", 0, 4)).toBe(false);
    expect(health.noteMail("takes-mail", 0, 5)).toBe(true);
    expect(health.standing(5)).toBe("up");
  });

  test("start counting anew when one went well", () => {
    const health = healthAfter([0, GREETED]);
    const findings = [
      "takes-none",
      "takes-none",
      "takes-mail",
      "takes-none",
      "unknown",
      "takes-none",
    ] as const;
    for (const finding of findings) health.noteMail(finding, 0, 1);
    expect(health.standing(1)).toBe("up");
    health.noteMail("takes-none", 0, 1);
    expect(health.standing(1)).toBe("not-up");
  });

  test("are patient with the slow: more after each failure, and a quarter more than an answer ever took", () => {
    const health = healthAfter([0, GREETED]);
    const patience = () => health.patience().answerMs;
    expect(patience()).toBe(5_000);
    health.noteMail("takes-none", 5_000, 1);
    expect(patience()).toBe(20_000);
    health.noteMail("takes-none", 20_000, 2);
    expect(patience()).toBe(60_000);
    health.noteMail("takes-mail", 24_000, 3);
    expect(patience()).toBe(30_000);
    health.noteMail("takes-mail", 50_000, 4);
    expect(patience()).toBe(60_000);
  });
});
