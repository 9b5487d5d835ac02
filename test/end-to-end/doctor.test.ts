import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fakeNameServer } from "../fake/name-server.ts";
import { BUSY, GREETS } from "../fake/scripts.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
import { commands, compiled, PATIENCE_MS, run } from "./command.ts";
import { serversOnOnePort } from "./servers-on-one-port.ts";

setDefaultTimeout(PATIENCE_MS);

const [PRIMARY, SECONDARY] = ["127.0.0.11", "127.0.0.12"] as const;
const WELL = `compatibility_level = 3.6
myhostname = mx2.example.test
smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination, reject_unlisted_recipient,
    check_policy_service { unix:mxguard/policy.sock, timeout=20s, default_action=DUNNO }
`;
const ILL = `smtpd_recipient_restrictions = check_policy_service { unix:/run/mxguard.sock, timeout = 3s, try_limit=1 }
`;
const MASTER = "smtp      inet  n       -       y       -       -       smtpd\n";
const ZONE = {
  "example.test": {
    MX: [
      [10, "mx1.example.test"],
      [20, "mx2.example.test"],
    ],
  },
  "strange.test": { MX: [[10, "mx1.example.test"]] },
  "mx1.example.test": { A: [PRIMARY] },
  "mx2.example.test": { A: [SECONDARY] },
} as const;

let folder = "";
const files = (main: string) => ["--main-cf", join(folder, main), "--master-cf", join(folder, "master.cf")];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "smtpdcheck-doctor-"));
  writeFileSync(join(folder, "well.cf"), WELL);
  writeFileSync(join(folder, "ill.cf"), ILL);
  writeFileSync(join(folder, "master.cf"), MASTER);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(commands)("smtpdcheck $name doctor --postfix", (command) => {
  test.concurrent("exits 0 when nothing is wrong, and says what is right", async () => {
    expect(await run(command, ["doctor", "--postfix", ...files("well.cf")])).toEqual({
      status: 0,
      stdout: [
        "ok: unix:mxguard/policy.sock is asked in smtpd_recipient_restrictions, behind reject_unauth_destination",
        "ok: unix:mxguard/policy.sock: default_action=DUNNO: mail flows when nobody answers there",
        "ok: unix:mxguard/policy.sock: timeout is 20 s: a guard that hangs holds a session's first recipient up for 41 s",
        "ok: no domain was looked at, for relay_domains names none itself: --domain DOMAIN looks at one",
        "",
      ].join("\n"),
      stderr: "",
    });
  });

  test.concurrent("exits 1 when something is, and says in a line each what to write instead", async () => {
    const { status, stdout, stderr } = await run(command, ["doctor", "--postfix", ...files("ill.cf")]);
    expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
    const lines = stdout.trimEnd().split("\n");
    for (const line of lines) expect(line).toMatch(/^(?:ok|warning|error): [\x20-\x7e…]+$/);
    for (const fault of [
      "default_action is missing",
      "try_limit=1",
      "blanks around =",
      "runs chrooted",
      "no reject_unlisted_recipient",
      "rejects domains that are none of yours",
    ]) {
      expect(lines.filter((line) => line.includes(fault))).toHaveLength(1);
    }
  });

  test.concurrent("looks at the exchangers that are preferred to us", async () => {
    using dns = await fakeNameServer(ZONE);
    using servers = serversOnOnePort({ [PRIMARY]: GREETS });
    const asked = ["--dns", dns.address, "-p", String(servers.port), "--domain", "example.test"];
    const { status, stdout } = await run(command, ["doctor", "--postfix", ...files("well.cf"), ...asked]);
    expect(stdout.split("\n").slice(3, -1)).toEqual([
      "ok: example.test: we stand behind mx1.example.test",
      `ok: mx1.example.test, preferred to us for example.test, is up: ${PRIMARY} said "220 mx.example.test ESMTP"`,
    ]);
    expect(status).toBe(0);
    expect(servers.connectionCounts).toEqual([1]);
  });
});

describe("smtpdcheck doctor --postfix", () => {
  test.concurrent("finds that the primary turns us away, and that we are not in a list", async () => {
    using dns = await fakeNameServer(ZONE);
    using servers = serversOnOnePort({ [PRIMARY]: BUSY });
    const domains = ["--domain", "example.test", "--domain", "strange.test"];
    const asked = ["--dns", dns.address, "-p", String(servers.port), ...domains];
    const { status, stdout } = await run(compiled, ["doctor", "--postfix", ...files("well.cf"), ...asked]);
    expect(stdout.split("\n").slice(4, -1)).toEqual([
      `error: strange.test: we are none of its mail exchangers (mx1.example.test), so nothing is ever deferred for it: looked for mx2.example.test; name us by proxy_interfaces, or by --stop here and for serve`,
      `error: mx1.example.test, preferred to us for example.test, turns us away: ${PRIMARY} is busy: "421 4.7.0 too busy": have us put on its allowlist (smtpd_client_event_limit_exceptions, where it is a Postfix)`,
    ]);
    expect(status).toBe(1);
  });

  test.concurrent("reads one of the two from standard input", async () => {
    const args = ["doctor", "--postfix", "--main-cf", "-", "--master-cf", join(folder, "master.cf")];
    expect(await run(compiled, args, { stdin: WELL })).toMatchObject({ status: 0, stderr: "" });
  });

  test.concurrent("--help lists its own options", async () => {
    const { status, stdout } = await run(compiled, ["doctor", "--help"]);
    expect(status).toBe(0);
    expect(stdout).toContain("--main-cf=<FILE>");
    expect(stdout).not.toContain("--timeout");
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(79);
  });

  test.concurrent.each([
    ["no mail server", ["doctor"], "want smtpdcheck doctor --postfix"],
    ["an option of the plain command", ["doctor", "--postfix", "--format", "nagios"], '"--format"'],
    [
      "a file that is not there",
      ["doctor", "--postfix", "--main-cf", "nowhere", "--master-cf", "no"],
      "nowhere",
    ],
    [
      "a file of something else",
      ["doctor", "--postfix", "--main-cf", "LICENSE", "--master-cf", "LICENSE"],
      "postconf -n",
    ],
    ["no Postfix on this machine", ["doctor", "--postfix"], "Cannot run postconf"],
  ] as const)("exits 2 for %s", async (_, args, quoted) => {
    const ran = await run(compiled, args, { under: ["env", "MAIL_CONFIG=/nowhere"] });
    expect(ran).toEqual({ status: 2, stdout: "", stderr: expect.stringMatching(/^smtpdcheck: [^\n]+\n$/) });
    expect(ran.stderr).toContain(quoted);
  });

  test.concurrent("leaves servers of that name alone", async () => {
    using dns = await fakeNameServer({ doctor: { A: ["127.0.0.1"] } });
    using up = fakeSmtpServer(GREETS);
    const args = ["--dns", dns.address, "-p", String(up.port)];
    expect(await run(compiled, ["doctor.", ...args])).toEqual({ status: 1, stdout: "doctor.\n", stderr: "" });
    expect(await run(compiled, [...args, "doctor"])).toEqual({ status: 1, stdout: "doctor\n", stderr: "" });
  });
});
