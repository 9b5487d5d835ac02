import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { fakeNameServer } from "../fake/name-server.ts";
import { GREETS } from "../fake/scripts.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
import type { Entry, Zone } from "../fake/zone.ts";
import { compiled, PATIENCE_MS, run, withoutTimes } from "./command.ts";
import { readReport } from "./read-report.ts";

setDefaultTimeout(PATIENCE_MS);

const MX1 = "127.0.0.11";
const HOSTS: Zone = { "mx1.example.test": { A: [MX1] } };
const ONE: Entry = { MX: [[10, "mx1.example.test"]] };
const NOWHERE = "gone.example.test: unavailable: name not found (dns N ms)\n";

const failed: readonly (readonly [how: string, entry: Zone[string], cause: string])[] = [
  ["SERVFAIL", "SERVFAIL", "SERVFAIL"],
  ["REFUSED", "REFUSED", "REFUSED"],
  ["an answer cut short", { ...ONE, manner: "cut" }, "malformed answer"],
  ["a pointer loop", { ...ONE, manner: "pointer-loop" }, "malformed answer"],
  ["a loop of aliases", { CNAME: "example.test" }, "CNAME loop"],
  [
    "a truncated answer and no TCP",
    { ...ONE, manner: "truncated-tcp-closes" },
    "no connection to a name server",
  ],
  ["silence", "silent", "timed out"],
  ["silence over TCP", { ...ONE, manner: "truncated-tcp-silent" }, "timed out"],
  ["answers for another question", { ...ONE, manner: "another-question" }, "timed out"],
  ["answers with another id", { ...ONE, manner: "another-id" }, "timed out"],
];

describe("smtpdcheck --mx", () => {
  test.concurrent.each(failed)("exits 2 within the timeout after %s", async (_, entry, cause) => {
    using dns = await fakeNameServer({ ...HOSTS, "example.test": entry });
    using up = fakeSmtpServer(GREETS, { hostname: MX1 });
    const args = ["--timeout", "1", "--dns", dns.address, "--mx", "example.test", `${MX1}:${up.port}`];
    const startedAtMs = performance.now();
    expect(await run(compiled, args)).toEqual({
      status: 2,
      stdout: "",
      stderr: `smtpdcheck: Cannot look up the mail exchangers of "example.test": ${cause}\n`,
    });
    expect(performance.now() - startedAtMs).toBeLessThan(6_000);
    expect(up.connectionCount).toBe(0);
  });

  test.concurrent.each([
    ["a domain that does not exist", {}, NOWHERE, { status: "unavailable", reason: "not-found" }],
    [
      "a domain without addresses",
      { "gone.example.test": {} },
      NOWHERE,
      { status: "unavailable", reason: "not-found" },
    ],
    [
      "a null MX",
      { "gone.example.test": { A: [MX1], MX: [[0, "."]] } },
      "gone.example.test: skipped: null MX\n",
      { status: "skipped", reason: "null-mx" },
    ],
  ] as const)("exits 0 for %s, and says so", async (_, zone, said, row) => {
    using dns = await fakeNameServer(zone);
    using untouched = fakeSmtpServer(GREETS, { hostname: MX1 });
    const args = ["--dns", dns.address, "-p", String(untouched.port), "--mx", "gone.example.test"];
    expect(await run(compiled, args)).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(withoutTimes((await run(compiled, ["-v", ...args])).stderr)).toBe(said);
    const { status, stdout } = await run(compiled, ["--format", "json", "--require", "any", ...args]);
    expect(status).toBe(1);
    expect(readReport(stdout)).toMatchObject({
      verdict: "unavailable",
      server: null,
      met: false,
      servers: [{ server: "gone.example.test", preference: 0, ...row }],
    });
    expect(untouched.connectionCount).toBe(0);
  });

  test.concurrent("names the host of a null MX as it was looked up", async () => {
    using dns = await fakeNameServer({ "xn--bcher-kva.test": { MX: [[0, "."]] } });
    const { stdout } = await run(compiled, ["--format=json", "--dns", dns.address, "--mx", "BÜCHER.test."]);
    expect(readReport(stdout).servers).toMatchObject([{ host: "xn--bcher-kva.test", reason: "null-mx" }]);
  });
});
