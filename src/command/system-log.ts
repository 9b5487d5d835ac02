import type { LogLevel } from "../guard/decision-log.ts";
import type { LineOutput } from "./log-output.ts";

/** Most characters that wait for logger(1). */
const MAX_PENDING_CHARACTERS = 65_536;
/** Facility mail (2), and the severities of syslog(3). */
const PRIORITIES: Readonly<Record<LogLevel, number>> = { error: 19, warn: 20, info: 22, debug: 23 };

/** Lines in the system's log, by logger(1); where that is missing or has ended, nowhere. */
export function systemLogLines(): LineOutput {
  const logger = startLogger();
  let pending = 0;
  return {
    write(line, level) {
      if (logger === undefined || pending > MAX_PENDING_CHARACTERS) return;
      const taken = () => {
        pending -= line.length;
      };
      pending += line.length;
      try {
        logger.stdin.write(`<${PRIORITIES[level]}>${line}\n`);
        const flushed = logger.stdin.flush();
        if (flushed instanceof Promise) flushed.then(taken, taken);
        else taken();
      } catch {
        taken();
      }
    },
    async taken() {
      try {
        await logger?.stdin.end();
      } catch {}
      await logger?.exited;
    },
  };
}

function startLogger() {
  try {
    const argv = ["logger", "-t", "smtpdcheck", `--id=${process.pid}`, "--prio-prefix"];
    return Bun.spawn(argv, { stdin: "pipe", stdout: "ignore", stderr: "ignore" });
  } catch {
    return undefined;
  }
}
