import { expect, setDefaultTimeout, test } from "bun:test";
import { lackingServer } from "./private-server.ts";
import { describeNeeding } from "./requirement.ts";
import { type Visited, visit } from "./small-internet/bot.ts";
import { startExim } from "./small-internet/exim.ts";
import { POLICY_SERVICE, startGuard } from "./small-internet/guard.ts";
import {
  ADDRESSES,
  type Internet,
  makeInternet,
  startPrimary,
  startSecondary,
  submit,
  ZONE,
} from "./small-internet/internet.ts";
import { lackingNetwork } from "./small-internet/network.ts";
import { startOpenSmtpd } from "./small-internet/open-smtpd.ts";
import { type MailServer, startPostfix } from "./small-internet/postfix.ts";
import type { Relay } from "./small-internet/relay.ts";
import { expectWithin } from "./small-internet/scene.ts";
import type { Service } from "./small-internet/service.ts";

setDefaultTimeout(120_000);

/** In these tests a second is a minute and twenty: 6 s stand for 8 minutes. */
const RELENT = ["--relent", "0.1"];
const RELENT_MS = 6_000;
const RELENTED = /domain=example\.test .* group=client\.test verdict=let-in .* reason=relented/;
const lacking = lackingNetwork() ?? lackingServer("postfix");

describeNeeding("the guard relents towards", lacking, () => {
  test.concurrent("a sender that cannot reach the primary, and lets it in from then on", async () => {
    await using stack = new AsyncDisposableStack();
    const { internet, primary, guard } = await makeGuarded(stack);
    await cutOff(internet, "blackhole", "fate");
    const sender = stack.use(await startPostfix(internet.host("sender"), { name: "out.client.test" }));
    await submit(sender, "one");
    expect(await primary.arrivals(1)).toEqual(["one"]);
    await guard.logged(RELENTED);
    const deferrals = () => [...sender.log().matchAll(/ 450 4\.3\.2 .*: Please use mx1/g)].length;
    const before = deferrals();
    expect(before).toBeGreaterThanOrEqual(1);
    await submit(sender, "two");
    expect(await primary.arrivals(2)).toEqual(["one", "two"]);
    expect(deferrals()).toBe(before);
    await guard.logged(/ group=client\.test verdict=let-in .* reason=passing/);
    expect(await answer(internet)).toMatch(/^450 4\.3\.2 /);
  });

  test.concurrent("a pool that tries from another of its twenty addresses each time", async () => {
    await using stack = new AsyncDisposableStack();
    const { internet, guard } = await makeGuarded(stack);
    const startedMs = Date.now();
    const answers: { readonly afterMs: number; readonly isLetIn: boolean }[] = [];
    for (const from of ADDRESSES.pool) {
      const said = await answer(internet, { host: "pool", from, sender: "a@pool.test" });
      answers.push({ afterMs: Date.now() - startedMs, isLetIn: said.startsWith("250 ") });
      await Bun.sleep(400);
    }
    await guard.logged(/ group=pool\.test verdict=let-in .* reason=relented/);
    const letIn = answers.findIndex(({ isLetIn }) => isLetIn);
    expect(answers.map(({ isLetIn }) => isLetIn)).toEqual(answers.map((_, index) => index >= letIn));
    const afterMs = answers[letIn]?.afterMs ?? 0;
    expect(afterMs).toBeGreaterThanOrEqual(RELENT_MS);
    expectWithin("a pool of 20 is let in", afterMs, RELENT_MS + 3_000);
  });

  test.concurrent("an Exim that remembers for an hour that the primary could not be reached", async () => {
    await using stack = new AsyncDisposableStack();
    const { internet, primary, guard } = await makeGuarded(stack);
    await cutOff(internet, "unreachable", "fate");
    const retry = "mx1.example.test * F,1d,1h";
    const sender = stack.use(await startExim(internet.host("sender"), { name: "out.client.test", retry }));
    await submit(sender, "one");
    await sender.logged(/H=mx2\.example\.test .* 450 4\.3\.2 .* Please use mx1\.example\.test/);
    await cutOff(internet, "unreachable", "spare");
    await expectOneBySecondary("Exim", primary, sender, guard);
    expect(sender.log()).toMatch(/ => user@example\.test .* H=mx2\.example\.test/);
  });

  test.concurrent("an OpenSMTPD that leaves a primary alone for a while that it could not reach", async () => {
    await using stack = new AsyncDisposableStack();
    const { internet, primary, guard } = await makeGuarded(stack);
    await cutOff(internet, "unreachable", "fate");
    const sender = stack.use(await startOpenSmtpd(internet.host("sender"), { name: "out.client.test" }));
    await submit(sender, "one");
    await sender.logged(/stat="450 4\.3\.2 .* Please use mx1\.example\.test/);
    await cutOff(internet, "unreachable", "spare");
    await Bun.sleep(RELENT_MS);
    await sender.retry();
    await expectOneBySecondary("OpenSMTPD", primary, sender, guard);
  });
});

describeNeeding("the guard lets in at once", lacking, () => {
  test.concurrent("a sender without IPv4 whose primary is dead for IPv6, and no other", async () => {
    await using stack = new AsyncDisposableStack();
    const { internet, primary } = await makeGuarded(stack);
    await internet.fate("blackhole", { to: ADDRESSES.mx1[1] });
    const sender = stack.use(await startPostfix(internet.host("six"), { name: "out.six.test" }));
    const startedMs = Date.now();
    await submit(sender, "one");
    await sender.logged(/relay=mx2\.example\.test\[2001:db8::12\]:25, .* status=sent/);
    expectWithin("a sender without IPv4 is let in", Date.now() - startedMs, 10_000);
    expect(sender.log()).not.toMatch(/ 450 4\.3\.2 /);
    expect(await primary.arrivals(1)).toEqual(["one"]);
    expect(await answer(internet)).toMatch(/^450 4\.3\.2 /);
  });

  test.concurrent("a sender by IPv4 whose primary is dead for IPv4, and none by IPv6", async () => {
    await using stack = new AsyncDisposableStack();
    const { internet } = await makeGuarded(stack);
    await internet.fate("blackhole", { to: ADDRESSES.mx1[0] });
    expect(await answer(internet)).toBe("250 2.1.5 Ok");
    expect(await answer(internet, { to: ADDRESSES.mx2[1] })).toMatch(/^450 4\.3\.2 /);
  });

  test.concurrent("no sender without IPv4 whose primary has no IPv6 at all", async () => {
    await using stack = new AsyncDisposableStack();
    const { internet } = await makeGuarded(stack);
    await internet.names.serve({ ...ZONE, "mx1.example.test": { A: [ADDRESSES.mx1[0]] } });
    expect(await answer(internet, { host: "six", to: ADDRESSES.mx2[1] })).toMatch(/^450 4\.3\.2 /);
  });
});

interface Guarded {
  readonly internet: Internet;
  readonly primary: MailServer;
  readonly guard: Service;
}

async function makeGuarded(stack: AsyncDisposableStack): Promise<Guarded> {
  const internet = stack.use(await makeInternet());
  const primary = stack.use(await startPrimary(internet));
  stack.use(await startSecondary(internet, POLICY_SERVICE));
  const guard = stack.use(await startGuard(internet.host("mx2"), { options: RELENT }));
  return { internet, primary, guard };
}

/** Between the sender and the primary alone; everybody else reaches it. */
async function cutOff(internet: Internet, what: "blackhole" | "unreachable", verb: "fate" | "spare") {
  for (const [index, to] of ADDRESSES.mx1.entries())
    await internet[verb](what, { from: ADDRESSES.sender[index] ?? to, to });
}

async function expectOneBySecondary(name: string, primary: MailServer, sender: Relay, guard: Service) {
  await guard.logged(RELENTED);
  expect(await primary.arrivals(1)).toEqual(["one"]);
  await sender.drained();
  expect(primary.arrived()).toEqual(["one"]);
  expect(primary.log()).not.toMatch(/ client=out\.client\.test\[/);
  console.info(`${name} is let in by the secondary while it remembers the primary's failure`);
}

/** What somebody is told who sends one recipient to the secondary. */
async function answer(
  { host }: Internet,
  {
    host: name = "bot",
    to = ADDRESSES.mx2[0] as string,
    ...visiting
  }: Partial<Record<"host" | "to" | "from" | "sender", string>> = {},
): Promise<string> {
  const said: readonly Visited[] = await visit(host(name), {
    to,
    recipients: ["user@example.test"],
    ...visiting,
  });
  return said[0]?.recipients[0] ?? "";
}
