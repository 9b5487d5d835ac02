import { expect, setDefaultTimeout, test } from "bun:test";
import { lackingServer } from "./private-server.ts";
import { describeNeeding } from "./requirement.ts";
import { ADDRESSES } from "./small-internet/internet.ts";
import { isDeferred, isLetIn, type Knocking } from "./small-internet/knocking.ts";
import { lackingNetwork } from "./small-internet/network.ts";
import {
  expectAll,
  expectArrivals,
  expectWithin,
  longest,
  makeScene,
  type Scene,
  startBot,
  startStream,
} from "./small-internet/scene.ts";

setDefaultTimeout(240_000);

/** How a primary goes away and comes back, and how long it may take until a secondary is open (issue 9, scene 2). */
interface Outage {
  readonly what: string;
  readonly boundMs: number;
  goAway(scene: Scene): Promise<void>;
  comeBack(scene: Scene): Promise<void>;
}

const SHUT_WITHIN_MS = 15_000;
/** A first question has its answer within 5 s, and Postfix has work to do too. */
const FIRST_MS = 5_500;
/** So long a guard has known the primary, and so long each state is looked at. */
const KNOWN_MS = 10_000;
const STEADY_MS = 8_000;

const OUTAGES: readonly Outage[] = [
  {
    what: "refuses",
    boundMs: 7_000,
    goAway: ({ primary }) => primary.kill(),
    comeBack: ({ primary }) => primary.start(),
  },
  {
    what: "swallows packets",
    boundMs: 13_000,
    goAway: ({ internet }) => forBoth((to) => internet.fate("blackhole", { to })),
    comeBack: ({ internet }) => forBoth((to) => internet.spare("blackhole", { to })),
  },
  {
    what: "hangs",
    boundMs: 27_000,
    goAway: async ({ primary }) => primary.pause(),
    comeBack: async ({ primary }) => primary.resume(),
  },
];

describeNeeding(
  "the guard at a Postfix whose primary goes away",
  lackingNetwork() ?? lackingServer("postfix"),
  () => {
    test.concurrent.each(OUTAGES)(
      "opens when it $what, within $boundMs ms, and shuts when it is back; each message arrives once",
      async ({ what, boundMs, goAway, comeBack }) => {
        await using scene = await makeScene();
        await using bot = startBot(scene);
        await using bot6 = startBot(scene, 1_000, ADDRESSES.mx2[1]);
        await using stream = startStream(scene);
        const startedMs = Date.now();
        await bot.first(isDeferred, startedMs);
        await bot.first(isDeferred, startedMs + KNOWN_MS);

        const goneMs = Date.now();
        await goAway(scene);
        const opened = await firstOf([bot, bot6], isLetIn, goneMs);
        expectWithin(`open after the primary ${what}`, opened.atMs - goneMs, boundMs);
        const openForAllMs = Math.max(...opened.all);
        await bot.first(isLetIn, openForAllMs + STEADY_MS);

        const backMs = Date.now();
        await comeBack(scene);
        const shut = await firstOf([bot, bot6], isDeferred, backMs);
        expectWithin(
          `shut after the primary no longer ${what}`,
          Math.max(...shut.all) - backMs,
          SHUT_WITHIN_MS,
        );
        await bot.first(isDeferred, Math.max(...shut.all) + STEADY_MS);

        expectAll("deferred", await bot.stop(), { fromMs: startedMs, toMs: goneMs });
        expectAll("let in", bot.knocks(), { fromMs: openForAllMs, toMs: backMs });
        expectAll("deferred", bot.knocks(), { fromMs: Math.max(...shut.all) });
        await expectArrivals(scene, await stream.stop());
      },
    );

    test.concurrent.each(OUTAGES)(
      "is open from the first when it $what, and shuts when it is back",
      async (outage) => {
        await using scene = await makeScene();
        await outage.goAway(scene);
        const startedMs = Date.now();
        await using bot = startBot(scene);
        await bot.first(isLetIn, startedMs + STEADY_MS);
        const backMs = Date.now();
        await outage.comeBack(scene);
        const { atMs } = await bot.first(isDeferred, backMs);
        expectWithin(
          `shut after a primary is met that no longer ${outage.what}`,
          atMs - backMs,
          SHUT_WITHIN_MS,
        );
        await bot.first(isDeferred, atMs + STEADY_MS);
        expectAll("let in", await bot.stop(), { fromMs: 0, toMs: backMs });
        expectAll("deferred", bot.knocks(), { fromMs: atMs });
        expectWithin(`a first recipient when it ${outage.what}`, longest(bot), FIRST_MS);
      },
    );

    test.concurrent("loses no mail of a primary that flaps", async () => {
      await using scene = await makeScene();
      await using stream = startStream(scene, 500);
      for (const upMs of [2_000, 4_000, 6_000, 8_000, 2_000]) {
        await Bun.sleep(upMs);
        await scene.primary.kill();
        await Bun.sleep(upMs);
        await scene.primary.start();
      }
      const messages = await stream.stop();
      expect(messages.length).toBeGreaterThan(60);
      await expectArrivals(scene, messages);
    });
  },
);

async function forBoth(act: (address: string) => Promise<void>): Promise<void> {
  for (const address of ADDRESSES.mx1) await act(address);
}

/** When the first of them was answered so, and when each was. */
async function firstOf(
  bots: readonly Knocking[],
  isSo: Parameters<Knocking["first"]>[0],
  afterMs: number,
): Promise<{ readonly atMs: number; readonly all: readonly number[] }> {
  const all = await Promise.all(bots.map(async (bot) => (await bot.first(isSo, afterMs, 60_000)).atMs));
  return { atMs: Math.min(...all), all };
}
