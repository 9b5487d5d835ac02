import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BUSY, GREETS, SILENT } from "../fake/scripts.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
import { commands, PATIENCE_MS, run, withoutTimes } from "./command.ts";

setDefaultTimeout(PATIENCE_MS);

/** Whether a namespace may be had in which the hosts file is ours: as root, or where users may make one. */
const mayMount =
  Bun.spawnSync(["unshare", "-rm", "mount", "--bind", "/etc/hosts", "/etc/hosts"]).exitCode === 0;
const mayCutOff = Bun.spawnSync(["unshare", "-rn", "true"]).exitCode === 0;

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "smtpdcheck-hosts-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** The words that run a command where the hosts file is this one. */
async function withHosts(hosts: string): Promise<readonly string[]> {
  const file = join(folder, Bun.hash(hosts).toString(36));
  await Bun.write(file, hosts);
  return ["unshare", "-rm", "sh", "-c", `mount --bind "$0" /etc/hosts && exec "$@"`, file];
}

/** A hosts file that gives one name both addresses in this order; c-ares wants the second line to begin with another name. */
function twoAddresses(first: string, second: string): string {
  return `${first} two.example.test\n${second} other.example.test two.example.test\n`;
}

const [A, B] = ["127.0.0.11", "127.0.0.12"] as const;
const orders = [
  { dead: A, alive: B, where: "behind it", hosts: twoAddresses(A, B) },
  { dead: A, alive: B, where: "before it", hosts: twoAddresses(B, A) },
  { dead: "::1", alive: B, where: "beside it", hosts: twoAddresses("::1", B) },
  { dead: B, alive: "::1", where: "beside it", hosts: twoAddresses("::1", B) },
] as const;

describe.each(commands)("smtpdcheck $name", (command) => {
  describe.skipIf(!mayMount)("with a hosts file", () => {
    test.each(orders)("exits 1 when $dead refuses and $alive $where greets", async ({ alive, hosts }) => {
      using up = fakeSmtpServer(GREETS, { hostname: alive });
      const ran = await run(command, ["-v", `10:two.example.test:${up.port}`], {
        under: await withHosts(hosts),
      });
      expect(withoutTimes(ran.stderr)).toBe(
        `two.example.test:${up.port}: available: ${alive} said "220 mx.example.test ESMTP" (dns N ms, connect N ms, greeting N ms)\n`,
      );
      expect(ran).toMatchObject({ status: 1, stdout: "two.example.test\n" });
    });

    test.each(orders)(
      "exits 1 when $dead is busy and $alive $where greets",
      async ({ dead, alive, hosts }) => {
        using up = fakeSmtpServer(GREETS, { hostname: alive });
        using _busy = fakeSmtpServer(BUSY, { hostname: dead, port: up.port });
        const ran = await run(command, [`two.example.test:${up.port}`], { under: await withHosts(hosts) });
        expect(ran).toEqual({ status: 1, stdout: "two.example.test\n", stderr: "" });
      },
    );

    test.each(orders)(
      "exits 1 when $dead is silent and $alive $where greets",
      async ({ dead, alive, hosts }) => {
        using up = fakeSmtpServer(GREETS, { hostname: alive });
        using _silent = fakeSmtpServer(SILENT, { hostname: dead, port: up.port });
        const ran = await run(command, [`two.example.test:${up.port}`], { under: await withHosts(hosts) });
        expect(ran).toEqual({ status: 1, stdout: "two.example.test\n", stderr: "" });
      },
    );

    test.each([
      ["-4", 0],
      ["-6", 1],
    ])("%s uses one address family only", async (family, status) => {
      using up = fakeSmtpServer(GREETS, { hostname: "::1" });
      const under = await withHosts(twoAddresses("::1", B));
      expect(await run(command, [family, `two.example.test:${up.port}`], { under })).toMatchObject({
        status,
      });
      expect(up.connectionCount).toBe(status);
    });

    test("--stop knows the stop host by an address it shares under another name", async () => {
      using up = fakeSmtpServer(GREETS, { hostname: A });
      const under = await withHosts(`${A} one.example.test two.example.test\n${B} three.example.test\n`);
      const args = [
        "-p",
        String(up.port),
        "--stop",
        "two.example.test",
        "one.example.test",
        "three.example.test",
      ];
      expect(await run(command, args, { under })).toEqual({ status: 0, stdout: "", stderr: "" });
      expect(up.connectionCount).toBe(0);
    });
  });

  describe.skipIf(!mayCutOff)("without a network", () => {
    const under = ["unshare", "-rn"];

    test("exits 2 at once when a stop host cannot be looked up", async () => {
      const ran = await run(command, ["--stop", "nobody.example.test", "127.0.0.1"], { under });
      expect(ran).toEqual({ status: 2, stdout: "", stderr: expect.stringMatching(/^smtpdcheck: [^\n]+\n$/) });
      expect(ran.stderr).toContain("nobody.example.test");
    });

    test("says unreachable where there is no route", async () => {
      const ran = await run(command, ["-v", "192.0.2.1"], { under });
      expect(ran.stderr).toMatch(/^192\.0\.2\.1: (unavailable: 192\.0\.2\.1 is unreachable|undetermined: )/);
    });
  });
});
