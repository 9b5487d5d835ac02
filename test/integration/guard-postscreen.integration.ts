import { expect, setDefaultTimeout, test } from "bun:test";
import { lackingServer } from "./private-server.ts";
import { describeNeeding } from "./requirement.ts";
import { ADDRESSES } from "./small-internet/internet.ts";
import { lackingNetwork } from "./small-internet/network.ts";
import { expectAll, makeScene, startBot } from "./small-internet/scene.ts";

setDefaultTimeout(240_000);

const [SECONDARY] = ADDRESSES.mx2;
/** From the start of a probe to the start of the next. */
const PROBE_EVERY_MS = 4_750;

describeNeeding("the guard's probes", lackingNetwork() ?? lackingServer("postfix"), () => {
  test.concurrent.each(["ignore", "enforce", "drop"])(
    "pass postscreen, and never speak before it has greeted (postscreen_greet_action = %s)",
    async (action) => {
      const main = `postscreen_greet_wait = 6s\npostscreen_greet_action = ${action}`;
      await using scene = await makeScene({ primary: { main } });
      await using bot = startBot(scene, 100);
      const startedMs = performance.now();
      const { primary } = scene;
      const address = SECONDARY.replaceAll(".", "\\.");
      const knowing = new RegExp(`PASS NEW \\[${address}\\][^]*(?:PASS OLD \\[${address}\\][^]*){3}`);
      await primary.logged(knowing);
      const mostProbes = Math.ceil((performance.now() - startedMs) / PROBE_EVERY_MS) + 1;
      const knocks = await bot.stop();
      expectAll("deferred", knocks, { fromMs: 0 });
      const log = primary.log().split("\n");
      const ofUs = log.filter((line) => line.includes(`[${SECONDARY}]`));
      expect(ofUs.filter((line) => /PREGREET|HANGUP|lost connection/.test(line))).toEqual([]);
      expect(ofUs.filter((line) => line.includes("PASS NEW"))).toHaveLength(1);
      expect(ofUs.filter((line) => line.includes(" CONNECT from ")).length).toBeLessThanOrEqual(mostProbes);
    },
  );
});
