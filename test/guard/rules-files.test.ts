import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Question } from "../../src/guard/question.ts";
import { loadRules, RulesFileError } from "../../src/guard/rules-files.ts";
import { GUARD_DEFAULTS } from "../../src/guard/settings.ts";
import { UsageError } from "../../src/text/errors.ts";
import { makeFolder } from "../cache/sqlite/fixtures.ts";

const QUESTION: Question = {
  isAuthenticated: false,
  clientAddress: "192.0.2.1",
  clientName: "mx.client.test",
  ownAddress: null,
  sender: "news@client.test",
  recipient: "a@example.test",
};

describe("loadRules()", () => {
  test("without files guards every domain and allows nobody", async () => {
    const { allowed, domains, message, action } = await loadRules(GUARD_DEFAULTS);
    const text = message.render({ server: "mx1.test", untilMs: null, reference: "" });
    expect([allowed.has(QUESTION, "192.0.2.1"), domains, text, action]).toEqual([
      false,
      null,
      "Please use mx1.test",
      "defer-if-permit",
    ]);
  });

  test("reads its files each time", async () => {
    using folder = makeFolder();
    const [allowFile, domainsFile] = [join(folder.path, "allow"), join(folder.path, "domains")];
    const settings = { ...GUARD_DEFAULTS, allowFile, domainsFile, message: "%r", action: "warn" } as const;
    const read = async (allow: string, domains: string) => {
      writeFileSync(allowFile, allow);
      writeFileSync(domainsFile, domains);
      const rules = await loadRules(settings);
      return [
        rules.allowed.has(QUESTION, "192.0.2.1"),
        rules.domains?.has("example.test"),
        rules.message.hasReference,
        rules.action,
      ];
    };
    expect(await read("192.0.2.0/24\n", "example.test\n")).toEqual([true, true, true, "warn"]);
    expect(await read("# nobody\n", "example.org\n")).toEqual([false, false, true, "warn"]);
    expect(await read("", "")).toEqual([false, false, true, "warn"]);
    expect(await read("@client.test\r\n", ".test\r\n")).toEqual([true, true, true, "warn"]);
  });

  test.each(["allowFile", "domainsFile"] as const)(
    "rejects with what is wrong with the file of %s",
    async (name) => {
      using folder = makeFolder();
      const path = join(folder.path, "rules");
      const rejection = () =>
        loadRules({ ...GUARD_DEFAULTS, [name]: path }).then(
          () => "no failure",
          (error: unknown) => (error instanceof RulesFileError ? error.message : `another error: ${error}`),
        );
      expect(await rejection()).toBe(`Cannot read the file ${path}: no such file`);
      mkdirSync(path);
      expect(await rejection()).toBe(`Cannot read the file ${path}: a folder, not a file`);
    },
  );

  test("rejects with a UsageError that names the line, for what stands in a file", async () => {
    using folder = makeFolder();
    const allowFile = join(folder.path, "allow");
    writeFileSync(allowFile, "192.0.2.1\n\na b\n");
    await expect(loadRules({ ...GUARD_DEFAULTS, allowFile })).rejects.toThrow(
      new UsageError(
        `Cannot read "a b" as who is allowed: want a network, a client's name, a sender, or @ and a domain (${allowFile}, line 3)`,
      ),
    );
  });

  test("reads an allow list of a hundred thousand networks in a moment, and asks it in less", async () => {
    using folder = makeFolder();
    const allowFile = join(folder.path, "allow");
    const networks = Array.from(
      { length: 100_000 },
      (_, at) => `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`,
    );
    writeFileSync(allowFile, networks.join("\n"));
    const startedAtMs = performance.now();
    const { allowed } = await loadRules({ ...GUARD_DEFAULTS, allowFile });
    const readMs = performance.now() - startedAtMs;
    for (let at = 0; at < 10_000; at += 1) allowed.has(QUESTION, "192.0.2.1");
    expect([allowed.has(QUESTION, "10.1.2.3"), allowed.has(QUESTION, "10.2.0.0")]).toEqual([true, false]);
    expect(readMs).toBeLessThan(3_000);
    expect(performance.now() - startedAtMs - readMs).toBeLessThan(1_000);
  });
});
