import type { Deadlines } from "../limits/deadline.ts";
import type { GuardRules } from "./asked.ts";
import type { DecisionLog } from "./decision-log.ts";
import type { GuardResolver } from "./exchanger-list.ts";
import { ExchangerLists } from "./exchanger-lists.ts";
import { guard } from "./guard.ts";
import { Inquiries } from "./inquiries.ts";
import { noticeIn } from "./notices.ts";
import { OwnMemory } from "./own-memory.ts";
import type { Decide } from "./question.ts";
import { loadRules } from "./rules-files.ts";
import { Self } from "./self.ts";
import type { GuardSettings } from "./settings.ts";
import { openSharedMemory } from "./shared-memory.ts";
import { visiting } from "./visit.ts";
import { Watches } from "./watches.ts";

/** Of the time to answer, so much is the store's, which is asked behind all else. */
const STORE_MS = 300;

/** All that decides, without the mouths that it speaks by. */
export interface Brain {
  readonly decide: Decide;
  /** Decides by these rules and their files from now on; keeps what it had when it rejects. */
  reload(settings: GuardSettings): Promise<void>;
  close(): void;
}

/** What a brain needs beside its settings. */
export interface BrainTerms {
  readonly resolver: GuardResolver;
  /** Of the whole run: when it ends, so do all lookups. */
  readonly deadlines: Deadlines;
  readonly log: DecisionLog;
  /** What a mail check says hello as; null for the literal of this end's address. */
  readonly helo: string | null;
}

/**
 * Makes a guard's brain: files are read, nobody is asked yet.
 * @throws {UsageError} for what cannot be read, {RulesFileError} for a file.
 */
export async function openBrain(
  settings: GuardSettings,
  { resolver, deadlines, log, helo }: BrainTerms,
): Promise<Brain> {
  let rules: GuardRules = await loadRules(settings);
  const { timeoutMs, mailCheckMs, port, mayProbeLoopback, answerWithinMs, relentMs } = settings;
  const self = new Self(settings.stop, settings.stopSelf, resolver);
  const watches = new Watches({
    visit: visiting({ timeoutMs, helo }),
    mailCheckMs,
    notice: noticeIn(log),
  });
  const lists = new ExchangerLists(resolver, deadlines);
  const shared = openSharedMemory(settings.cache);
  const forStoreMs = shared === undefined ? 0 : Math.min(STORE_MS, answerWithinMs / 2);
  const inquiries = new Inquiries({
    self,
    port,
    mayProbeLoopback,
    lists,
    watches,
    answerWithinMs: answerWithinMs - forStoreMs,
  });
  const warn = (error: unknown) => log.sayOften("warn", { msg: "store", cause: String(error) }, 0, null);
  const relief = { relentMs, own: new OwnMemory(), shared, warn };
  self.learn().then((unknown) => {
    for (const host of unknown)
      log.say("warn", { msg: "a stop host cannot be looked up, and counts by its name alone", host });
  }, warn);
  return {
    decide: guard({ rules: () => rules, inquiries, relief, answerWithinMs, log }),
    async reload(changed) {
      rules = await loadRules(changed);
    },
    close() {
      self.close();
      watches.close();
      shared?.close();
    },
  };
}
