import { describe, expect, test } from "bun:test";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../cache/sqlite/fixtures.ts";

const MODULE = JSON.stringify(`${import.meta.dir}/../../src/command/system-log.ts`);

/** What becomes of this code where this shell script is the machine's logger(1), or there is none. */
async function run(code: string, logger: string | null) {
  using folder = makeFolder();
  const said = join(folder.path, "said");
  writeFileSync(said, "");
  if (logger !== null) {
    const path = join(folder.path, "logger");
    writeFileSync(path, `#!/bin/sh\n${logger}\n`);
    chmodSync(path, 0o755);
  }
  const program = `import { systemLogLines } from ${MODULE}; const lines = systemLogLines(); ${code}
    console.log("end"); process.exit(0);`;
  const child = Bun.spawn([process.execPath, "-e", program], {
    env: { PATH: logger === null ? folder.path : `${folder.path}:/usr/bin:/bin`, SAID: said },
    stderr: "inherit",
  });
  const output = (await child.stdout.text()).trim();
  return { output, pid: child.pid, said: readFileSync(said, "utf8") };
}

describe("systemLogLines()", () => {
  test("gives logger(1) each line with its severity, under our name and number", async () => {
    const code = `for (const level of ["error", "warn", "info", "debug"]) lines.write("level=" + level, level);
      await lines.taken();`;
    const { output, pid, said } = await run(code, 'echo "$@" >"$SAID"; exec cat >>"$SAID"');
    expect([output, said]).toEqual([
      "end",
      `-t smtpdcheck --id=${pid} --prio-prefix\n<19>level=error\n<20>level=warn\n<22>level=info\n<23>level=debug\n`,
    ]);
  });

  test("gives a slow one every line", async () => {
    const code = `for (let at = 0; at < 500; at += 1) lines.write("line " + at, "info"); await lines.taken();`;
    const { output, said } = await run(code, 'sleep 0.3; exec cat >"$SAID"');
    expect(output).toBe("end");
    expect(said.split("\n")).toEqual([...Array.from({ length: 500 }, (_, at) => `<22>line ${at}`), ""]);
  });

  test("does not mind that there is none, or that it ends", async () => {
    const code = `for (let at = 0; at < 20; at += 1) { lines.write("line", "info"); await Bun.sleep(5); } await lines.taken();`;
    expect([(await run(code, null)).output, (await run(code, "exit 1")).output]).toEqual(["end", "end"]);
  });

  test("keeps little in memory for one that never reads", async () => {
    const code = `const before = process.memoryUsage.rss();
      for (let at = 0; at < 50_000; at += 1) lines.write("x".repeat(1_000), "info");
      console.log(process.memoryUsage.rss() - before < 40e6);`;
    expect((await run(code, "exec sleep 3")).output).toBe("true\nend");
  });
});
