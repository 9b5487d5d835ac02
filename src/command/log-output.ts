import type { LogLevel } from "../guard/decision-log.ts";
import { standard } from "./standard-streams.ts";

/** Most characters that wait for whoever reads standard error; what is said then is lost, and counted. */
const MAX_PENDING_CHARACTERS = 1_048_576;

/** Where lines go. */
export interface LineOutput {
  write(line: string, level: LogLevel): void;
  /** Resolves when all that was written has been taken. */
  taken(): Promise<void>;
}

/** Lines on standard error, many at a time, and no more of them in memory than is good when nobody reads them. */
export function standardErrorLines(): LineOutput {
  let [pending, lost] = ["", 0];
  let writing: Promise<void> | undefined;
  const writeAll = async () => {
    await Promise.resolve();
    while (pending !== "") {
      const text = pending + (lost > 0 ? `level=warn msg="log lines were lost" lines=${lost}\n` : "");
      [pending, lost] = ["", 0];
      standard.error(text);
      await standard.taken();
    }
    writing = undefined;
  };
  return {
    write(line) {
      if (pending.length > MAX_PENDING_CHARACTERS) lost += 1;
      else pending += `${line}\n`;
      writing ??= writeAll();
    },
    async taken() {
      await writing;
    },
  };
}
