import { expect, setDefaultTimeout, test } from "bun:test";
import { lackingServer } from "./private-server.ts";
import { describeNeeding } from "./requirement.ts";
import { ADDRESSES } from "./small-internet/internet.ts";
import { isDeferred, isLetIn } from "./small-internet/knocking.ts";
import { MOODY, setMood } from "./small-internet/moods.ts";
import { lackingNetwork } from "./small-internet/network.ts";
import type { PostfixOptions } from "./small-internet/postfix.ts";
import {
  expectAll,
  expectArrivals,
  expectWithin,
  longest,
  makeScene,
  startBot,
  startStream,
} from "./small-internet/scene.ts";

setDefaultTimeout(600_000);

const [SECONDARY] = ADDRESSES.mx2;
const GUARD = { options: ["--relent", "0"] };
/** smtpd says nothing for 20 s (postconf(5), sleep). */
const TARPIT = "smtpd_delay_reject = no\nsmtpd_client_restrictions = sleep 20";
/** The first line is waited for, and the next RCPT after it is answered from memory. */
const LEARNT_WITHIN_MS = 23_000;
/** A first question has its answer within 5 s, and Postfix has work to do too. */
const FIRST_MS = 5_500;
/** At most 13 a minute. */
const PROBES_IN_80_S = 18;
/** By the minute (anvil(8)). */
const LIMITED: Partial<PostfixOptions> = {
  hasPostscreen: false,
  main: "smtpd_client_connection_rate_limit = 4",
};
const MAX_BUSY_MS = 300_000;
/** The five minutes begin with the last 220, which may be as long ago. */
const PROBE_MS = 5_000;
/** Five minutes are for who asks for them; test/guard/health.test.ts has all of it with a clock of its own. */
const isPatient = process.env["SMTPDCHECK_PATIENT"] !== undefined;

describeNeeding("for more than a minute the guard", lackingNetwork() ?? lackingServer("postfix"), () => {
  test.concurrent("waits for a tarpit of 20 s, and never calls it down", async () => {
    await using scene = await makeScene({ primary: { hasPostscreen: false, main: TARPIT }, guard: GUARD });
    const startedMs = Date.now();
    await using bot = startBot(scene, 500);
    const { atMs } = await bot.first(isDeferred, startedMs, 60_000);
    expectWithin("shut at a tarpit", atMs - startedMs, LEARNT_WITHIN_MS);
    await bot.first(isDeferred, atMs + 60_000, 90_000);
    expectAll("deferred", await bot.stop(), { fromMs: atMs });
    expectWithin("a recipient before it is known", longest(bot), FIRST_MS);
    const lost = new RegExp(`lost connection after CONNECT from .*\\[${SECONDARY}\\]`);
    expect(scene.primary.log()).not.toMatch(lost);
  });

  test.concurrent("stays shut while the primary says 421 to everybody", async () => {
    await expectShutThrough421(70_000);
  });

  test.concurrent.skipIf(!isPatient)("stays shut for five minutes of 421, and opens then", async () => {
    await expectShutThrough421(MAX_BUSY_MS + 60_000);
  });

  test.concurrent("stays shut while the primary says 421 to us alone, and its log says what may be the cause", async () => {
    await using scene = await makeScene({ primary: LIMITED, guard: GUARD });
    await using bot = startBot(scene);
    await using stream = startStream(scene, 20_000);
    await scene.primary.logged(/Connection rate limit exceeded: 5 from mx2\.example\.test/, 60_000);
    await bot.first(isDeferred, Date.now() + 45_000, 60_000);
    expectAll("deferred", await bot.stop(), { fromMs: 0 });
    await scene.guard.logged(/level=warn .*is busy.*put this machine on its allowlist" reply="421 4\.7\.0 /);
    await expectArrivals(scene, await stream.stop());
    expect(scene.sender.log()).not.toContain("relay=mx2.example.test");
  });

  test.concurrent("goes by what a name server has said that is dead, and is a good guest meanwhile", async () => {
    const secondary = { main: "smtpd_peername_lookup = no" };
    await using scene = await makeScene({ primary: { hasPostscreen: false }, secondary, guard: GUARD });
    await using bot = startBot(scene, 100);
    const { atMs } = await bot.first(isDeferred, 0);
    scene.internet.names.pause();
    await bot.first(isDeferred, atMs + 80_000, 90_000);
    expectAll("deferred", await bot.stop(), { fromMs: 0 });
    expectWithin("a recipient when the name server is dead and known", longest(bot), FIRST_MS);
    const visits = scene.primary
      .log()
      .matchAll(/ (connect|lost connection after \w+) from \S+\[198\.51\.100\.12\]/g);
    const seen = [...visits].map(([, what]) => what);
    expect(seen.length).toBeLessThanOrEqual(PROBES_IN_80_S);
    expect(new Set(seen)).toEqual(new Set(["connect"]));
  });
});

/** 421 to everybody; the bot is let in after five minutes, if it lasts as long, and mail arrives when it is over. */
async function expectShutThrough421(busyForMs: number): Promise<void> {
  await using scene = await makeScene({ primary: MOODY, guard: GUARD });
  const { primary } = scene;
  await using bot = startBot(scene, 500);
  await using stream = startStream(scene, 5_000);
  await bot.first(isDeferred, Date.now() + 10_000);
  await setMood(primary, "busy");
  const busyMs = Date.now();
  await bot.first(() => true, busyMs + busyForMs, busyForMs + 10_000);
  const shutForMs = Math.min(busyForMs, MAX_BUSY_MS - PROBE_MS);
  expectAll("deferred", bot.knocks(), { fromMs: 0, toMs: busyMs + shutForMs });
  const [open] = bot.knocks().filter(isLetIn);
  if (busyForMs < MAX_BUSY_MS) expect(open).toBeUndefined();
  else expectWithin("open after 421 to everybody", (open?.atMs ?? 0) - busyMs, MAX_BUSY_MS + PROBE_MS);
  expect(primary.log()).toMatch(/: 421 4\.3\.2 /);
  await setMood(primary, "fine");
  await expectArrivals(scene, await stream.stop());
}
