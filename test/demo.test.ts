import { expect, test } from "bun:test";
import { join } from "node:path";

test("demo shows every kind of answer, ends well and points to the README", async () => {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "demo.ts")], {
    stdin: "ignore",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  expect({ status: await child.exited, stderr }).toEqual({ status: 0, stderr: "" });
  for (const status of [0, 1, 2]) expect(stdout).toContain(`exit status ${status}`);
  expect(stdout).toMatch(/\$ smtpdcheck -v --timeout 1 .*--stop/);
  expect(stdout).toMatch(/README\.md.*\n$/);
});
