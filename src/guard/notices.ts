import type { DecisionLog, LogLevel } from "./decision-log.ts";
import type { News, Notice } from "./watch.ts";

/** "Other or undefined security status" and its like (RFC 3463 §3.8): what a limit on clients is told with. */
const POLICY = /\b4\.7\.\d{1,3}\b/;

const WORDS: Readonly<Record<News, readonly [level: LogLevel, words: string]>> = {
  up: ["info", "is up"],
  "not-up": ["info", "is not up"],
  busy: ["warn", "is busy, and left alone for a minute"],
  "takes-no-mail": ["warn", "takes no mail: counts as down (it may be only this machine that it refuses)"],
  "takes-mail": ["info", "takes mail again"],
  probed: ["debug", "was probed"],
};
const MAYBE_US = "; it may be this machine's connections that it limits: put this machine on its allowlist";

/** Notices as lines of a log. */
export function noticeIn(log: DecisionLog): Notice {
  return ({ address, port }, news, said) => {
    const [level, words] = WORDS[news];
    const more = news === "busy" && POLICY.test(said) ? MAYBE_US : "";
    // Decisions that were counted until now belong in front of what changes them.
    if (news === "up" || news === "not-up") log.flush();
    const isOurs = news === "up" || news === "not-up" || news === "probed";
    log.say(level, { msg: `${address} port ${port} ${words}${more}`, [isOurs ? "why" : "reply"]: said });
  };
}
