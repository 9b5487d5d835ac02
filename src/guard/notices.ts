import type { DecisionLog } from "./decision-log.ts";
import type { Notice } from "./watch.ts";

/** "Other or undefined security status" and its like (RFC 3463 §3.8): what a limit on clients is told with. */
const POLICY = /\b4\.7\.\d{1,3}\b/;

const WORDS = {
  busy: "is busy, and left alone for a minute",
  "takes-no-mail": "takes no mail: counts as down (it may be only this machine that it refuses)",
  "takes-mail": "takes mail again",
} as const;
const MAYBE_US = "; it may be this machine's connections that it limits: put this machine on its allowlist";

/** Notices as lines of a log. */
export function noticeIn(log: DecisionLog): Notice {
  return ({ address, port }, what, reply) => {
    const more = what === "busy" && POLICY.test(reply) ? MAYBE_US : "";
    log.say(what === "takes-mail" ? "info" : "warn", {
      msg: `${address} port ${port} ${WORDS[what]}${more}`,
      reply,
    });
  };
}
