import { fullNameOf } from "../check/own-name.ts";
import { type Brain, openBrain } from "../guard/brain.ts";
import { DecisionLog } from "../guard/decision-log.ts";
import type { GuardSettings } from "../guard/settings.ts";
import { pause } from "../limits/abort.ts";
import { deadlinesOf } from "../limits/deadline.ts";
import { RememberingResolver } from "../names/remembering.ts";
import { messageOf } from "./complaints.ts";
import type { LineOutput } from "./log-output.ts";
import { standard } from "./standard-streams.ts";

/** How long whoever reads the log may take for its end. */
const LOG_MS = 1_000;
/** What SIGHUP applies. */
const APPLIED: ReadonlySet<keyof GuardSettings> = new Set(["domainsFile", "allowFile", "action", "message"]);

/** Runs a guard with its signals until `speak` has ended. */
export async function runGuard(
  settings: GuardSettings,
  reread: () => GuardSettings,
  output: LineOutput,
  speak: (brain: Brain, log: DecisionLog) => Promise<void>,
): Promise<number> {
  const { logLevel: level, logFormat: format } = settings;
  const log = new DecisionLog({ level, format, write: output.write });
  const run = new AbortController();
  const resolver = new RememberingResolver(settings.dns);
  const helo = settings.helo ?? (await fullNameOf(process.getBuiltinModule("node:os").hostname()));
  const brain = await openBrain(settings, { resolver, deadlines: deadlinesOf(run.signal), log, helo });
  goOnWhatever(log);
  let reloaded = Promise.resolve();
  process.on("SIGHUP", () => {
    reloaded = reloaded.then(() => reload(brain, settings, reread, log));
  });
  try {
    await speak(brain, log);
  } finally {
    brain.close();
    run.abort();
    resolver.close();
    log.flush();
    await Promise.race([output.taken(), pause(LOG_MS, new AbortController().signal)]);
    standard.letGo();
  }
  return 0;
}

/** Files that have not been read yet need not be read again; until a guard runs SIGHUP would end it. */
export function ignoreEarlyReload(): void {
  process.on("SIGHUP", () => {});
}

/** What the new files say holds from the next question on; what they say that cannot be read does not. */
async function reload(
  brain: Brain,
  settings: GuardSettings,
  reread: () => GuardSettings,
  log: DecisionLog,
): Promise<void> {
  try {
    const changed = reread();
    await brain.reload(changed);
    log.say("info", { msg: "files were read again", action: changed.action });
    const ignored = notApplied(settings, changed);
    if (ignored.length > 0)
      log.say("warn", { msg: "what changed wants a restart", options: ignored.join(" ") });
  } catch (error) {
    log.say("error", { msg: "files were not read again, the old ones hold", cause: messageOf(error) });
  }
}

/** What a guard that runs cannot change, by the names of the options. */
function notApplied(before: GuardSettings, after: GuardSettings): readonly string[] {
  const names = Object.keys(before) as (keyof GuardSettings)[];
  return names
    .filter((name) => !APPLIED.has(name) && !Bun.deepEquals(before[name], after[name]))
    .map((name) => name.replace(/Ms$/, "").replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`));
}

/** A guard that ends takes a mail server's answers with it: what goes wrong is said, and mail flows. */
function goOnWhatever(log: DecisionLog): void {
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    process.removeAllListeners(event);
    process.on(event, (error: unknown) =>
      log.say("error", { msg: "internal error", cause: messageOf(error) }),
    );
  }
}
