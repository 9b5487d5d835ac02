import { expect } from "bun:test";
import type { Zone } from "../../fake/zone.ts";
import { type GuardOptions, POLICY_SERVICE, startGuard } from "./guard.ts";
import {
  ADDRESSES,
  type Internet,
  makeInternet,
  startPrimary,
  startSecondary,
  startSender,
  ZONE,
} from "./internet.ts";
import { isDeferred, isLetIn, type Knock, type Knocking, knock } from "./knocking.ts";
import type { MailServer, PostfixOptions } from "./postfix.ts";
import type { Relay } from "./relay.ts";
import type { Service } from "./service.ts";

/** A primary, a secondary with a guard, and a sender; all of them Postfix. */
export interface Scene extends AsyncDisposable {
  readonly internet: Internet;
  readonly primary: MailServer;
  readonly secondary: MailServer;
  readonly guard: Service;
  readonly sender: MailServer;
}

/** What of a scene is another than usual. */
export interface SceneOptions {
  readonly primary?: Partial<PostfixOptions>;
  readonly secondary?: Partial<PostfixOptions>;
  readonly sender?: Partial<PostfixOptions>;
  readonly guard?: GuardOptions;
  readonly policyService?: string;
  readonly zone?: Zone;
}

/** Starts all of them. */
export async function makeScene(options: SceneOptions = {}): Promise<Scene> {
  await using stack = new AsyncDisposableStack();
  const internet = stack.use(await makeInternet());
  if (options.zone !== undefined) await internet.names.serve({ ...ZONE, ...options.zone });
  const policyService = options.policyService ?? POLICY_SERVICE;
  const [primary, secondary, guard, sender] = await Promise.all([
    startPrimary(internet, options.primary).then((each) => stack.use(each)),
    startSecondary(internet, policyService, options.secondary).then((each) => stack.use(each)),
    startGuard(internet.host("mx2"), options.guard).then((each) => stack.use(each)),
    startSender(internet, options.sender).then((each) => stack.use(each)),
  ]);
  const all = stack.move();
  return { internet, primary, secondary, guard, sender, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** A bot that knocks at the secondary from now on. */
export function startBot(
  { internet }: Pick<Scene, "internet">,
  everyMs = 250,
  to: string = ADDRESSES.mx2[0],
) {
  return knock(internet.host("bot"), { to, recipients: ["user@example.test"], timeoutMs: 30_000 }, everyMs);
}

/** A stream of messages that a sender is handed from now on. */
export function startStream({ sender }: Pick<Scene, "sender">, everyMs = 1_000) {
  const to = sender.host.addresses[0] ?? "";
  const message = { sender: "a@client.test", recipients: ["user@example.test"], subject: "message #" };
  return knock(sender.host, { to, ...message }, everyMs);
}

/**
 * Asks for every message of a stream to arrive at the primary once, and for none to bounce. What a sender itself says it
 * may send more than once, because a connection was lost behind the last word of a message, may be there twice.
 */
export async function expectArrivals(
  { primary, secondary, sender }: Pick<Scene, "primary" | "sender"> & { readonly secondary: Relay },
  messages: readonly Knock[],
): Promise<void> {
  expect(messages.filter(({ data }) => !data?.startsWith("250 "))).toEqual([]);
  const subjects = messages.map((_, number) => `message ${number}`).toSorted();
  await sender.drained(60_000);
  await secondary.drained(60_000);
  const arrived = await primary.arrivals(subjects.length);
  const mayBeTwice = /may be sent more than once/.test(sender.log() + secondary.log());
  expect(mayBeTwice ? [...new Set(arrived)] : arrived).toEqual(subjects);
  expect(sender.arrived()).toEqual([]);
  for (const { log } of [sender, secondary]) expect(log()).not.toContain("status=bounced");
}

/** Asks for what was measured to be within a bound, and says it. */
export function expectWithin(what: string, tookMs: number, boundMs: number): void {
  console.info(`${what}: ${(tookMs / 1_000).toFixed(1)} s, at most ${boundMs / 1_000} s`);
  expect({ what, isWithin: tookMs <= boundMs, tookMs }).toMatchObject({ what, isWithin: true });
}

/** Asks for all knocks that were answered in this time to be deferred, or let in; there must be some. */
export function expectAll(
  what: "deferred" | "let in",
  knocks: readonly Knock[],
  { fromMs, toMs = Number.POSITIVE_INFINITY }: { readonly fromMs: number; readonly toMs?: number },
): void {
  const isSo = what === "deferred" ? isDeferred : isLetIn;
  const those = knocks.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
  expect(those).not.toEqual([]);
  expect(those.filter((each) => !isSo(each))).toEqual([]);
}

/** How long the slowest answer since then has taken. */
export function longest(bot: Knocking, fromMs = 0): number {
  return Math.max(...bot.knocks().flatMap(({ atMs, tookMs }) => (atMs >= fromMs ? [tookMs] : [])));
}
