import { setDefaultTimeout, test } from "bun:test";
import { lackingServer } from "./private-server.ts";
import { describeNeeding } from "./requirement.ts";
import { isDeferred, isLetIn } from "./small-internet/knocking.ts";
import { MOODY, setMood } from "./small-internet/moods.ts";
import { lackingNetwork } from "./small-internet/network.ts";
import {
  expectAll,
  expectArrivals,
  expectWithin,
  makeScene,
  startBot,
  startStream,
} from "./small-internet/scene.ts";

setDefaultTimeout(180_000);

const MAIL_CHECK_SECONDS = 5;
/** A check is up to a fifth late, and then takes the next probe's place, which may be 4.75 s later. */
const CHECK_MS = 1_200 * MAIL_CHECK_SECONDS + 4_750;
const OPTIONS = { primary: MOODY, guard: { options: ["--mail-check", `${MAIL_CHECK_SECONDS}`] } };
const CHECKED = /disconnect from mx2\.example\.test.* mail=1 rcpt=(?:0\/)?1 rset=1 quit=1/;
/** A primary that turns everybody away is as one that refuses. */
const OPEN_WITHIN_MS = 7_000;
const SHUT_WITHIN_MS = 15_000;
const STEADY_MS = 8_000;

describeNeeding("the guard at a Postfix whose primary", lackingNetwork() ?? lackingServer("postfix"), () => {
  test.concurrent.each([
    { mood: "full", openWithinMs: 3 * CHECK_MS, shutWithinMs: CHECK_MS + 1_000 },
    { mood: "closed", openWithinMs: OPEN_WITHIN_MS, shutWithinMs: SHUT_WITHIN_MS },
  ] as const)(
    "is $mood opens within $openWithinMs ms, and shuts when it no longer is; each message arrives once",
    async ({ mood, openWithinMs, shutWithinMs }) => {
      await using scene = await makeScene(OPTIONS);
      const { primary, guard } = scene;
      await using bot = startBot(scene);
      await using stream = startStream(scene);
      await primary.logged(CHECKED, 60_000);

      const changedMs = Date.now();
      await setMood(primary, mood);
      const open = await bot.first(isLetIn, changedMs, 60_000);
      expectWithin(`open after the primary is ${mood}`, open.atMs - changedMs, openWithinMs);
      if (mood === "full") await guard.logged(/level=warn .*takes no mail.* reply="452 4\.3\.1 /);
      await bot.first(isLetIn, open.atMs + STEADY_MS);

      const goodMs = Date.now();
      await setMood(primary, "fine");
      const shut = await bot.first(isDeferred, goodMs, 60_000);
      expectWithin(`shut after the primary is no longer ${mood}`, shut.atMs - goodMs, shutWithinMs);
      if (mood === "full") await guard.logged(/level=info .*takes mail again/);
      await bot.first(isDeferred, shut.atMs + STEADY_MS);
      expectAll("deferred", await bot.stop(), { fromMs: 0, toMs: changedMs });
      expectAll("let in", bot.knocks(), { fromMs: open.atMs, toMs: goodMs });
      expectAll("deferred", bot.knocks(), { fromMs: shut.atMs });
      await expectArrivals(scene, await stream.stop());
    },
  );

  test.concurrent.each(["greylisting", "without a postmaster"] as const)(
    "is %s stays shut: it takes mail from others",
    async (mood) => {
      await using scene = await makeScene(OPTIONS);
      const { primary } = scene;
      await setMood(primary, mood);
      await using bot = startBot(scene, 500);
      await primary.logged(new RegExp(`(?:${CHECKED.source}[^]*){5}`), 90_000);
      expectAll("deferred", await bot.stop(), { fromMs: 0 });
    },
  );
});
