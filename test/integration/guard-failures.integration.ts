import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { lackingServer } from "./private-server.ts";
import { describeNeeding } from "./requirement.ts";
import { visit } from "./small-internet/bot.ts";
import { serviceAt, startGuard } from "./small-internet/guard.ts";
import {
  ADDRESSES,
  type Internet,
  makeInternet,
  startPrimary,
  startSecondary,
} from "./small-internet/internet.ts";
import { isDeferred, isLetIn, type Knocking, knock } from "./small-internet/knocking.ts";
import { lackingNetwork } from "./small-internet/network.ts";
import type { MailServer } from "./small-internet/postfix.ts";
import { expectAll, expectWithin, longest } from "./small-internet/scene.ts";
import type { Service } from "./small-internet/service.ts";

setDefaultTimeout(120_000);

/** Postfix tries again after a second, and then takes the default action. */
const DOWN_MS = 2_500;
/** As the shipped main.cf says: of 10 s twice with a second between them, and a second and 10 s for each further recipient. */
const HUNG_MS = { first: 22_000, further: 12_000 } as const;
/** A first question has its answer by then. */
const FIRST_MS = 5_500;

describeNeeding("mail flows at a Postfix", lackingNetwork() ?? lackingServer("postfix"), () => {
  test.concurrent("whose guard is killed, and starts again over its own stale socket", async () => {
    await using stack = new AsyncDisposableStack();
    const { guard, bot, expectMail } = await makeGuarded(stack);
    const killedMs = Date.now();
    await guard.kill();
    const open = await bot.first(isLetIn, killedMs);
    await bot.first(isLetIn, open.atMs + 5_000);
    const backMs = Date.now();
    await guard.start();
    const shut = await bot.first(isDeferred, backMs);
    await bot.first(isDeferred, shut.atMs + 3_000);
    const knocks = await bot.stop();
    expectAll("let in", knocks, { fromMs: open.atMs, toMs: backMs });
    expectAll("deferred", knocks, { fromMs: shut.atMs });
    expectWithin("a recipient while the guard is down", longest(bot), DOWN_MS);
    await expectMail();
  });

  test.concurrent("whose guard is restarted, with no answer but its own or the default", async () => {
    await using stack = new AsyncDisposableStack();
    const { guard, socket, bot, expectMail } = await makeGuarded(stack);
    for (let time = 0; time < 3; time += 1) {
      await guard.stop();
      expect(existsSync(socket)).toBe(false);
      await guard.start();
      await bot.first(isDeferred, Date.now());
    }
    expect((await bot.stop()).filter((one) => !isDeferred(one) && !isLetIn(one))).toEqual([]);
    expectWithin("a recipient while the guard is restarted", longest(bot), FIRST_MS);
    await expectMail();
  });

  test.concurrent("whose guard has lost its socket", async () => {
    await using stack = new AsyncDisposableStack();
    const { guard, socket, secondary, bot, expectMail } = await makeGuarded(stack);
    await rm(socket);
    await secondary.stop();
    await secondary.start();
    const open = await bot.first(isLetIn, Date.now());
    await bot.first(isLetIn, open.atMs + 3_000);
    const againMs = Date.now();
    await guard.stop();
    await guard.start();
    await bot.first(isDeferred, againMs);
    expectAll("let in", await bot.stop(), { fromMs: open.atMs, toMs: againMs });
    expectWithin("a recipient without the guard's socket", longest(bot), DOWN_MS);
    await expectMail();
  });

  test.concurrent("whose guard hangs, and it is asked again when it goes on", async () => {
    await using stack = new AsyncDisposableStack();
    const { internet, guard, bot } = await makeGuarded(stack);
    await bot.stop();
    guard.pause();
    const recipients = ["one@example.test", "two@example.test"];
    const [said] = await visit(internet.host("bot"), { to: ADDRESSES.mx2[0], recipients });
    expect(said?.recipients).toEqual(["250 2.1.5 Ok", "250 2.1.5 Ok"]);
    const [firstMs = 0, bothMs = 0] = said?.afterMs ?? [];
    expectWithin("the first recipient while the guard hangs", firstMs, HUNG_MS.first);
    expectWithin("a further recipient while the guard hangs", bothMs - firstMs, HUNG_MS.further);
    guard.resume();
    const [again] = await visit(internet.host("bot"), { to: ADDRESSES.mx2[0], recipients });
    expect(again?.recipients).toEqual([
      expect.stringMatching(/^450 4\.3\.2 /),
      expect.stringMatching(/^450 4\.3\.2 /),
    ]);
  });
});

interface Guarded {
  readonly internet: Internet;
  readonly secondary: MailServer;
  readonly guard: Service;
  readonly socket: string;
  /** Brings messages to the secondary; it has been deferred already. */
  readonly bot: Knocking;
  /** Asks for every message of the bot that the secondary took to arrive once. */
  readonly expectMail: () => Promise<void>;
}

async function makeGuarded(stack: AsyncDisposableStack): Promise<Guarded> {
  const internet = stack.use(await makeInternet());
  const primary = stack.use(await startPrimary(internet));
  const service = serviceAt("unix:mxguard/policy.sock");
  const secondary = stack.use(await startSecondary(internet, service));
  await secondary.folder.makeFolders({ name: "root", id: 0 }, "queue/mxguard");
  const socket = `${secondary.folder.path}/queue/mxguard/policy.sock`;
  const policy = `unix:${socket}?mode=0660&group=postfix`;
  const guard = stack.use(await startGuard(internet.host("mx2"), { policy, listensOn: socket }));
  const visiting = { to: ADDRESSES.mx2[0], recipients: ["user@example.test"], subject: "message #" };
  const bot = stack.use(knock(internet.host("bot"), visiting, 500));
  await bot.first(isDeferred, 0);
  const expectMail = async () => {
    const taken = bot.knocks().filter(({ data }) => data?.startsWith("250 ")).length;
    expect(taken).toBe(bot.knocks().filter(isLetIn).length);
    await secondary.drained();
    const arrived = await primary.arrivals(taken);
    expect(arrived).toHaveLength(taken);
    expect(new Set(arrived).size).toBe(taken);
    expect(secondary.log()).not.toContain("status=bounced");
  };
  return { internet, secondary, guard, socket, bot, expectMail };
}
