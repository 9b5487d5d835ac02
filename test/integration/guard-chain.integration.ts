import { setDefaultTimeout, test } from "bun:test";
import { lackingServer } from "./private-server.ts";
import { describeNeeding } from "./requirement.ts";
import { POLICY_SERVICE, startGuard } from "./small-internet/guard.ts";
import {
  ADDRESSES,
  type Internet,
  makeInternet,
  startPrimary,
  startSender,
  ZONE,
} from "./small-internet/internet.ts";
import { isLetIn, type Knock } from "./small-internet/knocking.ts";
import { lackingNetwork } from "./small-internet/network.ts";
import { type MailServer, startPostfix } from "./small-internet/postfix.ts";
import { expectArrivals, expectWithin, startBot, startStream } from "./small-internet/scene.ts";

setDefaultTimeout(180_000);

const OPEN_WITHIN_MS = 7_000;
const SHUT_WITHIN_MS = 15_000;
const STEADY_MS = 6_000;
const ZONE_OF_THREE = {
  ...ZONE,
  "example.test": {
    MX: [
      [10, "mx1.example.test"],
      [20, "mx2.example.test"],
      [30, "mx3.example.test"],
    ],
  },
} as const;

describeNeeding(
  "two secondaries of different preference",
  lackingNetwork() ?? lackingServer("postfix"),
  () => {
    test("name the best that is up, and the last opens when none is; each message arrives once", async () => {
      await using stack = new AsyncDisposableStack();
      const internet = stack.use(await makeInternet());
      await internet.names.serve(ZONE_OF_THREE);
      const primary = stack.use(await startPrimary(internet));
      const second = await startGuarded(internet, "mx2", stack);
      const third = await startGuarded(internet, "mx3", stack);
      const sender = stack.use(await startSender(internet));
      const stream = stack.use(startStream({ sender }));
      const botAt = (to: string) => stack.use(startBot({ internet }, 250, to));
      const [bot2, bot3] = [botAt(ADDRESSES.mx2[0]), botAt(ADDRESSES.mx3[0])];
      await bot2.first(isToldToUse("mx1"), 0);
      await bot3.first(isToldToUse("mx1"), Date.now() + STEADY_MS);

      const goneMs = Date.now();
      await primary.kill();
      const open2 = await bot2.first(isLetIn, goneMs);
      const shut3 = await bot3.first(isToldToUse("mx2"), goneMs);
      expectWithin("the second opens without the first", open2.atMs - goneMs, OPEN_WITHIN_MS);
      expectWithin("the third names the second", shut3.atMs - goneMs, OPEN_WITHIN_MS);
      await bot3.first(isToldToUse("mx2"), shut3.atMs + STEADY_MS);

      const bothGoneMs = Date.now();
      await second.kill();
      const open3 = await bot3.first(isLetIn, bothGoneMs);
      expectWithin("the third opens without both", open3.atMs - bothGoneMs, OPEN_WITHIN_MS);
      await bot3.first(isLetIn, open3.atMs + STEADY_MS);

      const backMs = Date.now();
      await second.start();
      const again3 = await bot3.first(isToldToUse("mx2"), backMs);
      expectWithin("the third names the second again", again3.atMs - backMs, SHUT_WITHIN_MS);

      const bothBackMs = Date.now();
      await primary.start();
      const shut = await Promise.all([bot2, bot3].map((bot) => bot.first(isToldToUse("mx1"), bothBackMs)));
      const shutMs = Math.max(...shut.map(({ atMs }) => atMs)) - bothBackMs;
      expectWithin("both name the first again", shutMs, SHUT_WITHIN_MS);
      const messages = await stream.stop();
      await third.drained();
      await expectArrivals({ primary, secondary: second, sender }, messages);
    });
  },
);

async function startGuarded(
  internet: Internet,
  name: "mx2" | "mx3",
  stack: AsyncDisposableStack,
): Promise<MailServer> {
  const host = internet.host(name);
  const main = `
relay_domains = example.test
smtpd_recipient_restrictions = reject_unlisted_recipient, check_policy_service ${POLICY_SERVICE}`;
  stack.use(await startGuard(host));
  return stack.use(await startPostfix(host, { name: `${name}.example.test`, main }));
}

function isToldToUse(name: "mx1" | "mx2"): (knock: Knock) => boolean {
  return ({ answer }) =>
    answer.startsWith("450 4.3.2 ") && answer.endsWith(`: Please use ${name}.example.test`);
}
