import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { fakeNameServer } from "../fake/name-server.ts";
import { BUSY, GREETS, SILENT } from "../fake/scripts.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
import { compiled, PATIENCE_MS, run, withoutTimes } from "./command.ts";

setDefaultTimeout(PATIENCE_MS);

const GREETS_LATE = "(wait 40ms)\nS: 220 late.example.test ESMTP\nC: QUIT";

describe("smtpdcheck compiled", () => {
  test.concurrent("touches nobody behind a server that is up", async () => {
    using up = fakeSmtpServer(GREETS);
    using behind = fakeSmtpServer(GREETS, { hostname: "127.0.0.101" });
    const ran = await run(compiled, [`127.0.0.1:${up.port}`, `127.0.0.101:${behind.port}`]);
    expect([ran.status, behind.connectionCount]).toEqual([1, 0]);
  });

  test.concurrent("says QUIT to a server that has accepted when the answer falls, after it has answered", async () => {
    using busy = fakeSmtpServer(BUSY);
    using up = fakeSmtpServer(GREETS, { hostname: "127.0.0.102" });
    using late = fakeSmtpServer(GREETS_LATE, { hostname: "127.0.0.103" });
    using silent = fakeSmtpServer(SILENT, { hostname: "127.0.0.104" });
    const servers = [busy, up, late, silent].map(({ hostname, port }) => `${hostname}:${port}`);
    const under = ["bash", "-c", 'answer=$("$@"); echo "$? $answer"', "bash"];
    expect(await run(compiled, servers, { under })).toEqual({
      status: 0,
      stdout: "1 127.0.0.102\n",
      stderr: "",
    });
    expect([await late.ended(), await silent.ended()]).toEqual(["QUIT\r\n", ""]);
    expect(late.complaints).toEqual([]);
  });

  test.concurrent("tries no more than sixteen addresses of a host, and says how many are left", async () => {
    const addresses = Array.from({ length: 40 }, (_, at) => `127.9.0.${at + 1}`);
    using dns = await fakeNameServer({ "mx.test": { A: addresses } });
    const { status, stderr } = await run(compiled, ["-v", "--dns", dns.address, "-p", "1", "mx.test"]);
    expect([status, withoutTimes(stderr)]).toEqual([
      0,
      "mx.test: unavailable: 127.9.0.1 refused the connection (dns N ms, connect N ms, 24 more addresses not tried)\n",
    ]);
  });

  test.concurrent.each([
    ["an exchanger's lookup", ["--mx", "example.test"], 2, /^smtpdcheck: Cannot look up .*: timed out\n$/],
    ["a name", ["-v", "mx.test"], 0, /^mx\.test: unavailable: timed out in dns \(dns \d+\.\d ms\)\n$/],
    [
      "a stop host",
      ["--stop", "mx.test", "127.0.0.1:1"],
      2,
      /^smtpdcheck: Cannot look up the stop host .* timed out\n$/,
    ],
  ])("ends at its --deadline though %s is not answered", async (_, words, status, said) => {
    using dns = await fakeNameServer({ "*": "silent" });
    const startedAtMs = performance.now();
    const ran = await run(compiled, ["--dns", dns.address, "--deadline", "0.5", "--timeout", "60", ...words]);
    expect(ran).toMatchObject({ status, stdout: "" });
    expect(ran.stderr).toMatch(said);
    expect(performance.now() - startedAtMs).toBeLessThan(8_000);
  });

  test.concurrent("counts what is open at its --deadline as out of time", async () => {
    using silent = fakeSmtpServer(SILENT);
    const words = ["-v", "--deadline", "0.4", "--timeout", "0", `127.0.0.1:${silent.port}`];
    const { status, stderr } = await run(compiled, words);
    expect(status).toBe(0);
    expect(stderr).toContain("127.0.0.1 timed out in greeting");
  });

  test.concurrent("puts the best first with --sort", async () => {
    using up = fakeSmtpServer(GREETS);
    const words = ["--sort", "-p", String(up.port), "20:[::1]:1", "10:127.0.0.1", "5:127.0.0.105:1"];
    const { status, stdout, stderr } = await run(compiled, ["--format", "table", ...words]);
    expect([status, stdout.split("\n").map((line) => line.trim().split(" ")[0])]).toEqual([
      1,
      ["Pref", "5", "10", "20", "", "Use", ""],
    ]);
    expect(stderr).toBe("");
  });
});
