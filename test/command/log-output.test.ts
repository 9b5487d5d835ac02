import { describe, expect, test } from "bun:test";

const MODULE = JSON.stringify(`${import.meta.dir}/../../src/command/log-output.ts`);

/** What a process has written to standard error that runs this code, read as the shell does it. */
async function written(code: string, shell: string): Promise<readonly string[]> {
  const program = `import { standardErrorLines } from ${MODULE}; const lines = standardErrorLines(); ${code}`;
  const child = Bun.spawn(["bash", "-c", shell, "bash", process.execPath, "-e", program], {
    stderr: "inherit",
  });
  const text = await child.stdout.text();
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}

const AT_ONCE = `"$1" -e "$3" 2>&1 >/dev/null`;
const SLOWLY = `${AT_ONCE} | (sleep 0.5; cat)`;

describe("standardErrorLines()", () => {
  test("writes lines in order, and taken() waits for a slow reader of them", async () => {
    const code = `for (let at = 0; at < 20_000; at += 1) lines.write("line " + at, "info");
      await lines.taken(); process.exit(0);`;
    expect(await written(code, SLOWLY)).toEqual(Array.from({ length: 20_000 }, (_, at) => `line ${at}`));
  });

  test("writes what comes while an earlier line is written, and after it was", async () => {
    const code = `lines.write("one", "info"); await null; lines.write("two", "warn"); await lines.taken();
      lines.write("three", "error"); await lines.taken(); await lines.taken(); process.exit(0);`;
    expect(await written(code, AT_ONCE)).toEqual(["one", "two", "three"]);
  });

  test("has written nothing, and waits for nothing, when nothing was said", async () => {
    expect(await written("await lines.taken(); process.exit(0);", AT_ONCE)).toEqual([]);
  });

  test("loses lines rather than memory when more is said than is read, and tells how many", async () => {
    const code = `const line = (at) => String(at).padStart(7, "0") + "x".repeat(992);
      for (let at = 0; at < 50_000; at += 1) lines.write(line(at), "info");
      if (process.memoryUsage.rss() > 200e6) throw new Error("too much memory");
      await lines.taken(); lines.write("after", "info"); await lines.taken(); process.exit(0);`;
    const said = await written(code, SLOWLY);
    const [note, after] = said.slice(-2);
    const kept = said.slice(0, -2).map((line) => Number(line.slice(0, 7)));
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, at) => at));
    expect(kept.length).toBeWithin(1_000, 1_100);
    expect([note, after]).toEqual([
      `level=warn msg="log lines were lost" lines=${50_000 - kept.length}`,
      "after",
    ]);
  });

  test("does not mind a reader that never reads: what is said meanwhile is bounded", async () => {
    const code = `const before = process.memoryUsage.rss();
      for (let round = 0; round < 100; round += 1) {
        for (let at = 0; at < 1_000; at += 1) lines.write("x".repeat(1_000), "info");
        await Bun.sleep(1);
      }
      console.log(process.memoryUsage.rss() - before < 60e6); process.exit(0);`;
    expect(await written(code, `exec 3> >(sleep 20); "$1" -e "$3" 2>&3; kill $!`)).toEqual(["true"]);
  }, 15_000);

  test.each([
    ["closed", "2>&-"],
    ["full", "2>/dev/full"],
    ["a pipe whose reader has gone", "2> >(true)"],
  ])("goes on when standard error is %s", async (_, redirection) => {
    const code = `for (let at = 0; at < 10; at += 1) { lines.write("x".repeat(10_000), "info"); await Bun.sleep(5); }
      await lines.taken(); console.log("goes on"); process.exit(0);`;
    expect(await written(code, `"$1" -e "$3" ${redirection}`)).toEqual(["goes on"]);
  });
});
