import { describe, expect, test } from "bun:test";
import tty from "node:tty";
import { standard } from "../../src/command/standard-streams.ts";

const MODULE = JSON.stringify(`${import.meta.dir}/../../src/command/standard-streams.ts`);

/** What a process writes that runs this code, read slowly or not at all. */
async function written(code: string, shell: string): Promise<string> {
  const program = `import { standard } from ${MODULE}; ${code}`;
  const child = Bun.spawn(["bash", "-c", shell, "bash", process.execPath, "-e", program], {
    stderr: "inherit",
  });
  return (await child.stdout.text()).trim();
}

describe("standard", () => {
  test("output() gives a slow reader all of it before it resolves", async () => {
    const code = `await standard.output("x".repeat(3_000_000)); process.exit(0);`;
    expect(await written(code, `"$1" -e "$3" | (sleep 0.3; wc -c)`)).toBe("3000000");
  });

  test("error() and taken() give a slow reader every line", async () => {
    const code = `for (let at = 0; at < 20_000; at += 1) standard.error("a line of some length\\n");
      await standard.taken(); process.exit(0);`;
    expect(await written(code, `"$1" -e "$3" 2>&1 >/dev/null | (sleep 0.3; wc -l)`)).toBe("20000");
  });

  test("output() throws what the system says", async () => {
    const code = `await standard.output("x").catch(({ code }) => standard.error(code)); await standard.taken();`;
    expect(await written(code, `"$1" -e "$3" 2>&1 >/dev/full`)).toBe("ENOSPC");
  });

  test("writes without a free descriptor too", async () => {
    const code = `const fs = require("node:fs"); try { for (;;) fs.openSync("/dev/null"); } catch {}
      standard.error("one "); await standard.output("two ");`;
    expect(await written(code, `ulimit -n 64; "$1" -e "$3" 2>&1`)).toBe("one two");
  });

  test("sparingError() takes no descriptor, and comes behind what error() has written", async () => {
    const code = `const open = () => require("node:fs").readdirSync("/proc/self/fd").length; const before = open();
      standard.sparingError("one "); const after = open(); standard.error("two "); standard.sparingError("three ");
      await standard.output(String(after - before));`;
    expect(await written(code, `"$1" -e "$3" 2>&1`)).toBe("one two three 0");
  });

  test("error() does not mind that it cannot be written", async () => {
    const code = `standard.error("x"); await standard.taken(); await standard.output("goes on");`;
    expect(await written(code, `"$1" -e "$3" 2>/dev/full`)).toBe("goes on");
  });

  test.each([1, 2] as const)("isTerminal(%d) says what node:tty says", (descriptor) => {
    expect(standard.isTerminal(descriptor)).toBe(tty.isatty(descriptor));
  });
});
