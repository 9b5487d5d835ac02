import { expect, setDefaultTimeout, test } from "bun:test";
import { lackingServer } from "./private-server.ts";
import { describeNeeding } from "./requirement.ts";
import { isDeferred, isLetIn } from "./small-internet/knocking.ts";
import { lackingNetwork } from "./small-internet/network.ts";
import type { PostfixOptions } from "./small-internet/postfix.ts";
import {
  expectAll,
  expectArrivals,
  expectWithin,
  makeScene,
  startBot,
  startStream,
} from "./small-internet/scene.ts";

setDefaultTimeout(600_000);

const MAIL_CHECK_SECONDS = 5;
/** A check is up to a fifth late, and then takes the next probe's place, which may be 4.75 s later. */
const CHECK_MS = 1_200 * MAIL_CHECK_SECONDS + 4_750;
const GUARD = { options: ["--mail-check", `${MAIL_CHECK_SECONDS}`, "--relent", "0"] };
const ALL_ARE_BUSY = "/^/ 421 4.3.2 Service shutting down\n";
const FULL = "/^/ 452 4.3.1 Insufficient system storage\n";
/** Each connection has an smtpd of its own, which reads these files anew. */
const PRIMARY: Partial<PostfixOptions> = {
  hasPostscreen: false,
  files: { clients: "", senders: "" },
  main: `
max_use = 1
smtpd_delay_reject = no
smtpd_client_restrictions = check_client_access regexp:$data_directory/clients
smtpd_sender_restrictions = check_sender_access regexp:$data_directory/senders`,
};
/** By the minute (anvil(8)). */
const LIMITED: Partial<PostfixOptions> = {
  hasPostscreen: false,
  main: "smtpd_client_connection_rate_limit = 4",
};
/** The five minutes begin with the last 220, which may be as long ago. */
const PROBE_MS = 5_000;
/** Ten minutes of 421 are too long but for who asks for it; test/guard/health.test.ts has all of it with a clock of its own. */
const isPatient = process.env["SMTPDCHECK_PATIENT"] !== undefined;

describeNeeding("the guard at a Postfix whose primary", lackingNetwork() ?? lackingServer("postfix"), () => {
  test.concurrent("says 452 to every MAIL opens three mail checks later, and shuts after one that ends well", async () => {
    await using scene = await makeScene({ primary: PRIMARY, guard: GUARD });
    const { primary, guard } = scene;
    await using bot = startBot(scene);
    await using stream = startStream(scene);
    const startedMs = Date.now();
    await bot.first(isDeferred, startedMs);
    await primary.logged(/disconnect from mx2\.example\.test.* mail=1 rcpt=1 rset=1 quit=1/, 60_000);

    await primary.folder.write("data/senders", FULL);
    const fullMs = Date.now();
    const open = await bot.first(isLetIn, fullMs, 60_000);
    expectWithin("open after 452 to every MAIL", open.atMs - fullMs, 3 * CHECK_MS);
    await guard.logged(/level=warn .*takes no mail.* reply="452 4\.3\.1 /);
    await bot.first(isLetIn, open.atMs + 10_000);

    await primary.folder.write("data/senders", "");
    const goodMs = Date.now();
    const shut = await bot.first(isDeferred, goodMs, 60_000);
    expectWithin("shut after it takes mail again", shut.atMs - goodMs, CHECK_MS + 1_000);
    await guard.logged(/level=info .*takes mail again/);
    expectAll("deferred", await bot.stop(), { fromMs: startedMs, toMs: fullMs });
    expectAll("let in", bot.knocks(), { fromMs: open.atMs, toMs: goodMs });
    expectAll("deferred", bot.knocks(), { fromMs: shut.atMs });
    await expectArrivals(scene, await stream.stop());
  });

  test.concurrent("says 421 to everybody stays shut for more than a minute", async () => {
    await expectShutThrough421(70_000);
  });

  test.concurrent.skipIf(!isPatient)(
    "says 421 to everybody stays shut for five minutes, and opens then",
    async () => {
      await expectShutThrough421(360_000, 300_000 - PROBE_MS);
    },
  );

  test.concurrent("says 421 to us alone stays shut, and our log says what may be the cause", async () => {
    await using scene = await makeScene({ primary: LIMITED, guard: GUARD });
    await using bot = startBot(scene);
    await using stream = startStream(scene, 20_000);
    await scene.primary.logged(/Connection rate limit exceeded: 5 from mx2\.example\.test/, 60_000);
    const busyMs = Date.now();
    await bot.first(isDeferred, busyMs + 40_000, 60_000);
    expectAll("deferred", await bot.stop(), { fromMs: 0 });
    await scene.guard.logged(/level=warn .*is busy.*put this machine on its allowlist" reply="421 4\.7\.0 /);
    const messages = await stream.stop();
    await expectArrivals(scene, messages);
    expect(scene.sender.log()).not.toContain("relay=mx2.example.test");
  });
});

/** 421 to everybody; the bot is let in after so long, if ever, and mail arrives when it is over. */
async function expectShutThrough421(
  busyForMs: number,
  opensAfterMs = Number.POSITIVE_INFINITY,
): Promise<void> {
  await using scene = await makeScene({ primary: PRIMARY, guard: GUARD });
  const { primary } = scene;
  await using bot = startBot(scene, 500);
  await using stream = startStream(scene, 5_000);
  await bot.first(isDeferred, Date.now() + 10_000);
  await primary.folder.write("data/clients", ALL_ARE_BUSY);
  const busyMs = Date.now();
  await bot.first(() => true, busyMs + busyForMs, busyForMs + 10_000);
  expectAll("deferred", bot.knocks(), { fromMs: 0, toMs: busyMs + Math.min(busyForMs, opensAfterMs) });
  const letIn = bot.knocks().filter(isLetIn);
  if (opensAfterMs > busyForMs) expect(letIn).toEqual([]);
  else
    expectWithin("open after 421 to everybody", (letIn[0]?.atMs ?? 0) - busyMs, opensAfterMs + 2 * PROBE_MS);
  expect(primary.log()).toMatch(/421 4\.3\.2 .* from=<|421 4\.3\.2 /);
  await primary.folder.write("data/clients", "");
  await expectArrivals(scene, await stream.stop());
}
