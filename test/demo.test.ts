import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";

/** The guard needs its time to see that a server is dead, and that it is back. */
setDefaultTimeout(60_000);

test("demo shows every kind of answer, ends well and points to the README", async () => {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "demo.ts")], {
    stdin: "ignore",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  expect({ status: await child.exited, stderr }).toEqual({ status: 0, stderr: "" });
  for (const status of [0, 1, 2]) expect(stdout).toContain(`exit status ${status}`);
  expect(stdout).toMatch(/\$ smtpdcheck -v --timeout 1 .*--stop/);
  const deferred = "DEFER_IF_PERMIT 4.3.2 Please use mx1.example.test";
  const answers = [...stdout.matchAll(/^ +answer {2}action=(.*)$/gm)].map(([, action]) => action);
  expect(answers).toEqual([deferred, "DUNNO", deferred]);
  const reasons = [...stdout.matchAll(/^ +log .* reason=(\S+)/gm)].map(([, reason]) => reason);
  expect(reasons).toEqual(["up", "none-up", "up"]);
  expect(stdout).toMatch(/README\.md.*\n$/);
});
