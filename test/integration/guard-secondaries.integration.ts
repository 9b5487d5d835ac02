import { expect, setDefaultTimeout, test } from "bun:test";
import { lackingServer } from "./private-server.ts";
import { describeNeeding } from "./requirement.ts";
import { makeServerFolder } from "./server-folder.ts";
import { visit } from "./small-internet/bot.ts";
import { startExim } from "./small-internet/exim.ts";
import { COMMAND, shipped, startGuard } from "./small-internet/guard.ts";
import { lackingHaraka, startHaraka } from "./small-internet/haraka.ts";
import {
  ADDRESSES,
  type Internet,
  makeInternet,
  startPrimary,
  startSender,
} from "./small-internet/internet.ts";
import { isDeferred, isLetIn } from "./small-internet/knocking.ts";
import { lackingNetwork } from "./small-internet/network.ts";
import { startOpenSmtpd } from "./small-internet/open-smtpd.ts";
import type { Relay } from "./small-internet/relay.ts";
import { expectAll, expectArrivals, expectWithin, startBot, startStream } from "./small-internet/scene.ts";
import { startSendmail } from "./small-internet/sendmail.ts";

setDefaultTimeout(180_000);

const name = "mx2.example.test";
const OPEN_WITHIN_MS = 7_000;
const SHUT_WITHIN_MS = 15_000;
const STEADY_MS = 6_000;
const EXIM_GROUP = 60_005;
const SHIPPED_SOCKET = "/run/smtpdcheck/policy.sock";
const SOCKETMAP_PORT = 10_041;

interface Guarded {
  readonly secondary: Relay;
  /** Has it try again what it could not send; it does by itself where this is left out. */
  readonly retry?: () => Promise<void>;
}

describeNeeding("the guard at an Exim", lackingNetwork() ?? lackingServer("exim4-daemon-light"), () => {
  test.concurrent("defers while the primary is up, and lets in while it is not", async () => {
    await expectGuarded("Exim", async ({ host }, stack) => {
      const socket = await makeSocketPath(stack);
      const policy = `unix:${socket}?mode=0660&group=${EXIM_GROUP}`;
      stack.use(await startGuard(host("mx2"), { policy, listensOn: socket }));
      const acl = await shipped("exim/readsocket.acl", { [SHIPPED_SOCKET]: socket });
      return { secondary: stack.use(await startExim(host("mx2"), { name, acl })) };
    });
  });
});

describeNeeding("the guard at an OpenSMTPD", lackingNetwork() ?? lackingServer("opensmtpd"), () => {
  test.concurrent("defers while the primary is up, and lets in while it is not", async () => {
    await expectGuarded("OpenSMTPD", async ({ host }, stack) => {
      const folder = await makeServerFolder([]);
      stack.defer(() => folder.remove());
      const domains = await folder.write("domains", "example.test\n");
      const config = await shipped("opensmtpd/smtpd.conf", {
        "/usr/local/bin/smtpdcheck": COMMAND,
        "/etc/mail/mxguard.domains": domains,
      });
      const [, filter = ""] = /^filter "mxguard" proc-exec "(.*?)"/m.exec(config) ?? [];
      const secondary = stack.use(await startOpenSmtpd(host("mx2"), { name, filter }));
      return { secondary, retry: secondary.retry };
    });
  });
});

describeNeeding("the guard at a Haraka", lackingNetwork() ?? lackingHaraka(), () => {
  test.concurrent("defers while the primary is up, and lets in while it is not", async () => {
    await expectGuarded("Haraka", async ({ host }, stack) => {
      const socket = await makeSocketPath(stack);
      stack.use(await startGuard(host("mx2"), { policy: `unix:${socket}?mode=0660`, listensOn: socket }));
      const plugins = { mxguard: await shipped("haraka/mxguard.js") };
      const config = { "mxguard.ini": await shipped("haraka/mxguard.ini", { [SHIPPED_SOCKET]: socket }) };
      return { secondary: stack.use(await startHaraka(host("mx2"), { name, plugins, config })) };
    });
  });
});

describeNeeding("the guard at a Sendmail", lackingNetwork() ?? lackingServer("sendmail-bin"), () => {
  test.concurrent("defers while the primary is up, and lets in while it is not", async () => {
    await expectGuarded("Sendmail", async ({ host }, stack) => {
      const socketmap = `inet:127.0.0.1:${SOCKETMAP_PORT}`;
      stack.use(await startGuard(host("mx2"), { socketmap, listensOn: SOCKETMAP_PORT }));
      const mc = await shipped("sendmail/mxguard.m4");
      return { secondary: stack.use(await startSendmail(host("mx2"), { name, mc })) };
    });
  });
});

/** Scene 1, and a primary that is killed and started again in the midst of a stream of mail. */
async function expectGuarded(
  what: string,
  start: (internet: Internet, stack: AsyncDisposableStack) => Promise<Guarded>,
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const internet = stack.use(await makeInternet());
  const primary = stack.use(await startPrimary(internet));
  const { secondary, retry } = await start(internet, stack);
  const sender = stack.use(await startSender(internet));
  await expectShut(internet);

  const bot = stack.use(startBot({ internet }));
  const stream = stack.use(startStream({ sender }));
  await bot.first(isDeferred, Date.now() + STEADY_MS);
  expect(secondary.queue()).toEqual([]);

  const goneMs = Date.now();
  await primary.kill();
  const open = await bot.first(isLetIn, goneMs);
  expectWithin(`open at ${what}`, open.atMs - goneMs, OPEN_WITHIN_MS);
  await bot.first(isLetIn, open.atMs + STEADY_MS);

  const backMs = Date.now();
  await primary.start();
  const shut = await bot.first(isDeferred, backMs);
  expectWithin(`shut at ${what}`, shut.atMs - backMs, SHUT_WITHIN_MS);
  await bot.first(isDeferred, shut.atMs + STEADY_MS);

  const knocks = await bot.stop();
  expectAll("deferred", knocks, { fromMs: 0, toMs: goneMs });
  expectAll("let in", knocks, { fromMs: open.atMs, toMs: backMs });
  expectAll("deferred", knocks, { fromMs: shut.atMs });
  const messages = await stream.stop();
  await retry?.();
  await expectArrivals({ primary, secondary, sender }, messages);
}

/** 200 recipients of bots are deferred; a recipient of a domain that is not served is refused for good. */
async function expectShut({ host }: Internet): Promise<void> {
  const recipients = new Array<string>(20).fill("user@example.test");
  const visits = Array.from({ length: 10 }, () => ({ to: ADDRESSES.mx2[0], recipients }));
  const said = await visit(host("bot"), ...visits);
  const answers = said.flatMap((one) => one.recipients);
  expect(answers).toHaveLength(200);
  expect(answers.filter((answer) => !isDeferred({ answer, atMs: 0, tookMs: 0 }))).toEqual([]);
  const [other] = await visit(host("bot"), { to: ADDRESSES.mx2[0], recipients: ["user@other.test"] });
  expect(other?.recipients).toEqual([expect.stringMatching(/^55/)]);
}

async function makeSocketPath(stack: AsyncDisposableStack): Promise<string> {
  const folder = await makeServerFolder([]);
  stack.defer(() => folder.remove());
  return `${folder.path}/policy.sock`;
}
