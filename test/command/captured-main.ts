import { afterEach, beforeEach, mock, spyOn } from "bun:test";
import { main } from "../../src/command/main.ts";
import { standard } from "../../src/command/standard-streams.ts";

/** What came of running the command within this process. */
export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const { NO_COLOR, SMTPDCHECK_CACHE } = process.env;

/** For the tests of the file that calls this: runs the command and captures what it writes, without colours or a cache. */
export function capturedMain(): (...argv: readonly string[]) => Promise<Ran> {
  let [stdout, stderr] = ["", ""];

  beforeEach(() => {
    process.env["NO_COLOR"] = "1";
    delete process.env["SMTPDCHECK_CACHE"];
    spyOn(standard, "output").mockImplementation(async (text) => {
      stdout += text;
    });
    for (const way of ["error", "sparingError"] as const) {
      spyOn(standard, way).mockImplementation((text) => {
        stderr += text;
      });
    }
  });

  afterEach(() => {
    mock.restore();
    restore("NO_COLOR", NO_COLOR);
    restore("SMTPDCHECK_CACHE", SMTPDCHECK_CACHE);
  });

  return async (...argv) => {
    [stdout, stderr] = ["", ""];
    return { status: await main(argv), stdout, stderr };
  };
}

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
