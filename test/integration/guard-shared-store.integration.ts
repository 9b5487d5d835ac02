import { expect, setDefaultTimeout, test } from "bun:test";
import { redisCommand } from "../fake/redis-server.ts";
import { lackingServer } from "./private-server.ts";
import { describeNeeding } from "./requirement.ts";
import { visit } from "./small-internet/bot.ts";
import { POLICY_SERVICE, startGuard } from "./small-internet/guard.ts";
import { ADDRESSES, type Internet, makeInternet, startPrimary, ZONE } from "./small-internet/internet.ts";
import { isDeferred, isLetIn, knock } from "./small-internet/knocking.ts";
import { lackingNetwork } from "./small-internet/network.ts";
import { startPostfix } from "./small-internet/postfix.ts";
import { expectAll, expectWithin } from "./small-internet/scene.ts";
import type { Service } from "./small-internet/service.ts";
import { STORE, startStore } from "./small-internet/store.ts";

setDefaultTimeout(120_000);

/** Seconds stand for minutes. */
const RELENT_MS = 6_000;
/** A store has 250 ms, and is left alone for 5 s when that was not enough. */
const STORE_MS = 750;
const BACK_MS = 7_000;
const [MX2, MX3, STORE_ADDRESS] = [ADDRESSES.mx2[0], ADDRESSES.mx3[0], ADDRESSES.store[0]];
const lacking =
  lackingNetwork() ??
  lackingServer("postfix") ??
  (redisCommand === null ? "neither redis-server nor valkey-server is installed" : undefined);

describeNeeding("two secondaries that share a store", lacking, () => {
  test.concurrent("let in at one who was deferred at the other, and at both from then on", async () => {
    await using stack = new AsyncDisposableStack();
    const { internet, guards } = await makeTwo(stack, RELENT_MS / 60_000);
    expect(await answer(internet, MX2)).toMatch(/^450 4\.3\.2 .*Please use mx1/);
    await Bun.sleep(RELENT_MS);
    expect(await answer(internet, MX3)).toBe("250 2.1.5 Ok");
    expect(await answer(internet, MX2)).toBe("250 2.1.5 Ok");
    await guards[1].logged(/ verdict=let-in .* reason=relented/);
    await guards[0].logged(/ verdict=let-in .* reason=relented|reason=passing/);
    expect(await answer(internet, MX2, "other@bot.test")).toBe("250 2.1.5 Ok");
    await guards[0].logged(/ reason=passing/);
  });

  test.concurrent("let mail in where the store is out of reach, and defer where it is not", async () => {
    await using stack = new AsyncDisposableStack();
    const { internet, guards } = await makeTwo(stack, 8);
    const [bot2, bot3] = [MX2, MX3].map((to) => {
      const visiting = { to, sender: "bot#@bot.test", recipients: ["user@example.test"] };
      return stack.use(knock(internet.host("bot"), visiting, 500));
    });
    if (bot2 === undefined || bot3 === undefined) throw new Error("There are two bots");
    await Promise.all([bot2, bot3].map((bot) => bot.first(isDeferred, 0)));
    const way = { from: MX3, to: STORE_ADDRESS };
    const cutMs = Date.now();
    await internet.fate("blackhole", way);
    const open = await bot3.first(isLetIn, cutMs);
    await bot3.first(isLetIn, open.atMs + 8_000);
    await guards[1].logged(/level=warn msg=store /);
    const backMs = Date.now();
    await internet.spare("blackhole", way);
    const shut = await bot3.first(isDeferred, backMs);
    await bot3.first(isDeferred, shut.atMs + 3_000);
    expectAll("deferred", await bot2.stop(), { fromMs: 0 });
    expectAll("let in", await bot3.stop(), { fromMs: open.atMs, toMs: backMs });
    expectAll("deferred", bot3.knocks(), { fromMs: shut.atMs });
    const longestMs = Math.max(
      ...bot3
        .knocks()
        .filter(({ atMs }) => atMs >= cutMs)
        .map(({ tookMs }) => tookMs),
    );
    expectWithin("a recipient where the store is out of reach", longestMs, STORE_MS);
    expectWithin("shut after the store is in reach again", shut.atMs - backMs, BACK_MS);
    expect(guards[0].log()).not.toContain("msg=store");
  });
});

interface Two {
  readonly internet: Internet;
  readonly guards: readonly [Service, Service];
}

async function makeTwo(stack: AsyncDisposableStack, relentMinutes: number): Promise<Two> {
  const internet = stack.use(await makeInternet());
  await internet.names.serve({
    ...ZONE,
    "example.test": {
      MX: [
        [10, "mx1.example.test"],
        [20, "mx2.example.test"],
        [20, "mx3.example.test"],
      ],
    },
  });
  stack.use(await startPrimary(internet));
  stack.use(await startStore(internet));
  const make = async (name: "mx2" | "mx3") => {
    const host = internet.host(name);
    const main = `
relay_domains = example.test
smtpd_recipient_restrictions = reject_unlisted_recipient, check_policy_service ${POLICY_SERVICE}`;
    stack.use(await startPostfix(host, { name: `${name}.example.test`, main }));
    return stack.use(await startGuard(host, { options: ["--cache", STORE, "--relent", `${relentMinutes}`] }));
  };
  return { internet, guards: [await make("mx2"), await make("mx3")] };
}

async function answer({ host }: Internet, to: string, sender = "bot@bot.test"): Promise<string | undefined> {
  const [said] = await visit(host("bot"), { to, sender, recipients: ["user@example.test"] });
  return said?.recipients[0];
}
