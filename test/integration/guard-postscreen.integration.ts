import { expect, setDefaultTimeout, test } from "bun:test";
import { lackingServer } from "./private-server.ts";
import { describeNeeding } from "./requirement.ts";
import { ADDRESSES } from "./small-internet/internet.ts";
import { isDeferred } from "./small-internet/knocking.ts";
import { lackingNetwork } from "./small-internet/network.ts";
import { expectAll, expectWithin, makeScene, startBot } from "./small-internet/scene.ts";

setDefaultTimeout(240_000);

const [SECONDARY] = ADDRESSES.mx2;
/** smtpd says nothing for 20 s (postconf(5), sleep). */
const TARPIT = "smtpd_delay_reject = no\nsmtpd_client_restrictions = sleep 20";
/** The first line is waited for, and the next RCPT after it is answered from memory. */
const LEARNT_WITHIN_MS = 23_000;

describeNeeding("the guard's probes", lackingNetwork() ?? lackingServer("postfix"), () => {
  test.concurrent.each(["ignore", "enforce", "drop"])(
    "pass postscreen, and never speak before it has greeted (postscreen_greet_action = %s)",
    async (action) => {
      const main = `postscreen_greet_wait = 6s\npostscreen_greet_action = ${action}`;
      await using scene = await makeScene({ primary: { main } });
      await using bot = startBot(scene, 500);
      const { primary } = scene;
      const address = SECONDARY.replaceAll(".", "\\.");
      const knowing = new RegExp(`PASS NEW \\[${address}\\][^]*(?:PASS OLD \\[${address}\\][^]*){3}`);
      await primary.logged(knowing);
      const knocks = await bot.stop();
      expectAll("deferred", knocks, { fromMs: 0 });
      const log = primary.log().split("\n");
      const ofUs = log.filter((line) => line.includes(`[${SECONDARY}]`));
      expect(ofUs.filter((line) => /PREGREET|HANGUP|lost connection/.test(line))).toEqual([]);
      expect(ofUs.filter((line) => line.includes("PASS NEW"))).toHaveLength(1);
    },
  );

  test.concurrent("wait for a tarpit of 20 s, and never call it down", async () => {
    await using scene = await makeScene({ primary: { hasPostscreen: false, main: TARPIT } });
    const startedMs = Date.now();
    await using bot = startBot(scene, 500);
    const { atMs } = await bot.first(isDeferred, startedMs, 60_000);
    expectWithin("shut at a tarpit", atMs - startedMs, LEARNT_WITHIN_MS);
    await bot.first(isDeferred, atMs + 60_000, 90_000);
    expectAll("deferred", await bot.stop(), { fromMs: atMs });
    const waited = bot
      .knocks()
      .filter((one) => one.atMs < atMs)
      .map(({ tookMs }) => tookMs);
    expectWithin("longest wait of an RCPT for it", Math.max(...waited), 5_500);
    expect(scene.primary.log()).not.toMatch(
      new RegExp(`lost connection after CONNECT from .*\\[${SECONDARY}\\]`),
    );
  });
});
