import { describe, test } from "bun:test";

/**
 * Groups tests that need more than Bun: where `lacking` says what this machine lacks they are skipped with that
 * message, but under CI they fail, for CI has everything.
 */
export function describeNeeding(name: string, lacking: string | undefined, body: () => void): void {
  if (lacking === undefined) {
    describe(name, body);
  } else if (process.env["CI"]) {
    test(`${name} finds what it needs`, () => {
      throw new Error(lacking);
    });
  } else {
    console.warn(`${name} is skipped: ${lacking}`);
    describe.skip(name, body);
  }
}

/** What this machine lacks to make private namespaces of these kinds (options of unshare(1)); undefined if nothing. */
export function lackingNamespaces(...options: readonly string[]): string | undefined {
  try {
    const { exitCode, stderr } = Bun.spawnSync(["unshare", ...options, "true"], { stderr: "pipe" });
    return exitCode === 0 ? undefined : stderr.toString().trim();
  } catch {
    return "unshare (util-linux) is not installed";
  }
}
