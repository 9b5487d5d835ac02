import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { redisCommand } from "../fake/redis-server.ts";
import { lackingServer } from "./private-server.ts";
import { describeNeeding } from "./requirement.ts";
import { visit } from "./small-internet/bot.ts";
import { type GuardOptions, POLICY_SERVICE, startGuard } from "./small-internet/guard.ts";
import {
  ADDRESSES,
  type Internet,
  makeInternet,
  startPrimary,
  startSecondary,
} from "./small-internet/internet.ts";
import { isDeferred, isLetIn, type Knocking, knock } from "./small-internet/knocking.ts";
import { lackingNetwork } from "./small-internet/network.ts";
import { expectAll, expectWithin, longest } from "./small-internet/scene.ts";
import type { Service } from "./small-internet/service.ts";
import { STORE, startStore } from "./small-internet/store.ts";

setDefaultTimeout(180_000);

/** A first question has its answer within 5 s, and Postfix has work to do too. */
const FIRST_MS = 5_500;
/** What a store may cost an answer, and Postfix' own work. */
const STORE_MS = 750;
/** After a failure a store is left alone for so long. */
const LEFT_ALONE_MS = 5_000;
const HOUR_MS = 3_600_000;
/** Its own lookups of clients would wait for a dead name server, too. */
const SECONDARY = { main: "smtpd_peername_lookup = no" };
/** The guard's folder is `$0`; everything it writes goes to a disk that is full. */
const FULL_DISK = `
mkdir "$0/full"
mount -t tmpfs -o size=64k tmpfs "$0/full"
head -c 1M /dev/zero >"$0/full/zeros" 2>"$0/complaint" || :
exec 2>"$0/full/log"`;

describeNeeding("mail flows at a Postfix", lackingNetwork() ?? lackingServer("postfix"), () => {
  test.concurrent.each(["kill", "pause"] as const)(
    "whose guard has never had an answer of its name server (%s)",
    async (fate) => {
      await using stack = new AsyncDisposableStack();
      const { internet } = await makeGuarded(stack);
      if (fate === "kill") await internet.names.kill();
      else internet.names.pause();
      await using bot = startStranger(internet);
      const { atMs } = await bot.first(isLetIn, 0);
      await bot.first(isLetIn, atMs + 12_000);
      expectAll("let in", await bot.stop(), { fromMs: 0 });
      expectWithin(`a recipient without a name server (${fate})`, longest(bot), FIRST_MS);
      const laterMs = longest(bot, atMs + 1_000);
      expectWithin(`a later recipient without a name server (${fate})`, laterMs, FIRST_MS);
    },
  );

  test.concurrent.skipIf(redisCommand === null).each(["kill", "pause"] as const)(
    "whose guard's store is dead (%s), and it is used again when it is back",
    async (fate) => {
      await using stack = new AsyncDisposableStack();
      const { internet } = await makeGuarded(stack, { options: ["--cache", STORE] });
      const store = stack.use(await startStore(internet));
      await using bot = startStranger(internet);
      await bot.first(isDeferred, 0);
      const deadMs = Date.now();
      if (fate === "kill") await store.kill();
      else store.pause();
      const open = await bot.first(isLetIn, deadMs);
      await bot.first(isLetIn, open.atMs + 2 * LEFT_ALONE_MS);
      const backMs = Date.now();
      if (fate === "kill") await store.start();
      else store.resume();
      const shut = await bot.first(isDeferred, backMs);
      await bot.first(isDeferred, shut.atMs + 3_000);
      const knocks = await bot.stop();
      expectAll("let in", knocks, { fromMs: open.atMs, toMs: backMs });
      expectAll("deferred", knocks, { fromMs: shut.atMs });
      expectWithin(`a recipient while the store is dead (${fate})`, longest(bot, deadMs), STORE_MS);
      expectWithin(`shut after the store is back (${fate})`, shut.atMs - backMs, LEFT_ALONE_MS + 2_000);
    },
  );

  test.concurrent("whose guard's disk is full, for its store and its log", async () => {
    await using stack = new AsyncDisposableStack();
    const { internet, guard } = await makeGuarded(stack, {
      under: ["sh", "-c", 'exec "$@" --cache "$(dirname "$(readlink /proc/self/fd/2)")/store"', "sh"],
      mounts: FULL_DISK,
    });
    await using bot = startStranger(internet);
    const open = await bot.first(isLetIn, 0);
    await bot.first(isLetIn, open.atMs + 8_000);
    const freedMs = Date.now();
    await guard.run("rm", `${guard.folder.path}/full/zeros`);
    const shut = await bot.first(isDeferred, freedMs);
    await bot.first(isDeferred, shut.atMs + 3_000);
    const knocks = await bot.stop();
    expectAll("let in", knocks, { fromMs: 0, toMs: freedMs });
    expectAll("deferred", knocks, { fromMs: shut.atMs });
    expectWithin("a recipient while the disk is full", longest(bot, open.atMs + 1), STORE_MS);
  });

  test.concurrent("whose guard has 16 descriptors", async () => {
    await using stack = new AsyncDisposableStack();
    const { internet } = await makeGuarded(stack, { under: ["prlimit", "--nofile=16"] });
    const recipients = ["user@example.test", "user@example.test"];
    const visits = Array.from({ length: 30 }, () => ({ to: ADDRESSES.mx2[0], recipients }));
    for (let time = 0; time < 3; time += 1) {
      const said = (await visit(internet.host("bot"), ...visits)).flatMap((one) => one.recipients);
      expect(said).toHaveLength(60);
      expect(said.filter((each) => !/^250 |^450 4\.3\.2 .*: Please use mx1/.test(each))).toEqual([]);
    }
    await using bot = startStranger(internet);
    await bot.first(isDeferred, Date.now());
    await bot.first(isDeferred, Date.now() + 10_000);
  });

  /** A running clock cannot be set in a namespace: that of what was written is set instead, which comes to the same. */
  test.concurrent("whose clock was set back: a first time in the future counts as long ago", async () => {
    await using stack = new AsyncDisposableStack();
    const file = `/tmp/smtpdcheck-guard-${crypto.randomUUID()}`;
    const { internet, guard } = await makeGuarded(stack, { options: ["--cache", file] });
    stack.defer(async () => void (await Bun.$`rm -f ${file} ${file}-wal ${file}-shm`.quiet()));
    expect(await answer(internet)).toMatch(/^450 4\.3\.2 /);
    await guard.stop();
    using db = new Database(file);
    expect(db.run("UPDATE sending SET at_ms = at_ms + ?", [HOUR_MS]).changes).toBe(2);
    await guard.start();
    expect(await answer(internet)).toBe("250 2.1.5 Ok");
    await guard.logged(/ verdict=let-in .* reason=relented/);
  });
});

async function makeGuarded(
  stack: AsyncDisposableStack,
  options: GuardOptions = {},
): Promise<{ readonly internet: Internet; readonly guard: Service }> {
  const internet = stack.use(await makeInternet());
  stack.use(await startPrimary(internet));
  stack.use(await startSecondary(internet, POLICY_SERVICE, SECONDARY));
  const guard = stack.use(await startGuard(internet.host("mx2"), options));
  return { internet, guard };
}

/** Comes as somebody else each time, so that a store has to be asked. */
function startStranger({ host }: Internet): Knocking {
  const recipients = ["user@example.test"];
  return knock(host("bot"), { to: ADDRESSES.mx2[0], sender: "bot#@bot.test", recipients }, 500);
}

async function answer({ host }: Internet): Promise<string | undefined> {
  const [said] = await visit(host("bot"), { to: ADDRESSES.mx2[0], recipients: ["user@example.test"] });
  return said?.recipients[0];
}
