import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { compiled, run } from "../end-to-end/command.ts";
import { startGuard } from "../end-to-end/guard-process.ts";
import { fakeNameServer } from "../fake/name-server.ts";
import { greetedClient } from "./greeted-client.ts";
import { policyServer } from "./policy-server.ts";
import { startPostfix } from "./postfix.ts";
import { lackingServer, librariesOf, type PrivateServer, packageFolder } from "./private-server.ts";
import { describeNeeding } from "./requirement.ts";
import { converse } from "./smtp-client.ts";

setDefaultTimeout(60_000);

const POLICY = "unix:mxguard/policy.sock";
const BRACES = `check_policy_service { ${POLICY}, timeout=20s, default_action=DUNNO }`;
const LIST = "smtpd_recipient_restrictions";
const FRONT = "permit_mynetworks, reject_unauth_destination, reject_unlisted_recipient";
const WELL = `${LIST} = ${FRONT}, ${BRACES}`;
const DEFERS = "DEFER_IF_PERMIT 4.3.2 Please use mx1.test";
const DEFERRED = "450 4.3.2 <user@mx.test>: Recipient address rejected: Please use mx1.test";
const MISCONFIGURED = "451 4.3.5";

/** The words that run a command where the accounts of a running Postfix exist. */
function whereAccountsAre({ path }: PrivateServer): readonly string[] {
  const mounts = 'mount --bind "$0/passwd" /etc/passwd; mount --bind "$0/group" /etc/group; exec "$@"';
  return ["unshare", "--mount", "sh", "-ec", mounts, path];
}

/** What the doctor says of a running Postfix, where its accounts exist: its lines that are not ok, and its exit status. */
async function examine(server: PrivateServer) {
  const { status, stdout, stderr } = await run(compiled, ["doctor", "--postfix"], {
    under: whereAccountsAre(server),
    env: {
      PATH: `${join(packageFolder("postfix"), "usr/sbin")}:${process.env["PATH"]}`,
      LD_LIBRARY_PATH: librariesOf("postfix"),
      MAIL_CONFIG: join(server.path, "etc"),
    },
  });
  expect(stderr).toBe("");
  const lines = stdout.trimEnd().split("\n");
  return { status, lines, complaints: lines.filter((line) => !line.startsWith("ok: ")) };
}

/** What a stranger hears of a recipient. */
async function answerTo(recipient: string, { port }: PrivateServer): Promise<string> {
  const dialogue = ["EHLO client.test", "MAIL FROM:<a@client.test>", `RCPT TO:<${recipient}>`];
  return (await converse(port, dialogue)).at(-1) ?? "";
}

const socketOf = ({ path }: PrivateServer) => join(path, "queue/mxguard/policy.sock");

describeNeeding("smtpdcheck doctor and Postfix", lackingServer("postfix"), () => {
  test.each([
    ["what the README says", WELL],
    ["blanks in inner braces", WELL.replace("default_action=DUNNO", "{ default_action = DUNNO }")],
    ["names", `guard = ${POLICY}\n${WELL.replace(POLICY, "$guard")}`],
    [
      "a restriction class",
      `smtpd_restriction_classes = guarded\nguarded = ${BRACES}\n${LIST} = ${FRONT}, guarded`,
    ],
  ])("are content with %s", async (_, lines) => {
    await using server = await startPostfix("smtpd", lines);
    using _guard = policyServer(socketOf(server), DEFERS, { mode: 0o660, owner: 60_001 });
    expect(await examine(server)).toMatchObject({ status: 0, complaints: [] });
    expect(await answerTo("user@mx.test", server)).toBe(DEFERRED);
    expect(await answerTo("nobody@mx.test", server)).toStartWith("550 5.1.1 ");
  });

  test.each([
    ["timeout = 20s", "there are blanks around =", /malformed option: missing '=' after attribute name/],
    ["timeout= 20s", "there are blanks around =", /bad time value|malformed option/],
    ["time_out=20s", 'there is no setting "time_out"', /unknown option: "time_out = 20s"/],
    ["timeout=soon", '"soon" is no time', /bad time value|invalid timeout: 0/],
    ["try_limit=two", '"two" is no number', /bad numerical configuration: try_limit = two/],
    ["timeout=0", '"0" is no time', /invalid timeout: 0/],
    ["try_limit=0", '"0" is no number', /invalid try_limit parameter value 0/],
    ["20s", '"20s" is no setting', /malformed option/],
  ])("both cannot read { …, %s }", async (setting, fault, logged) => {
    await using server = await startPostfix("smtpd", WELL.replace("timeout=20s", setting));
    using _guard = policyServer(socketOf(server), DEFERS);
    const { status, complaints } = await examine(server);
    expect({ status, complaints }).toMatchObject({ status: 1, complaints: [expect.stringContaining(fault)] });
    converse(server.port, []).catch(() => {});
    expect(await server.logged(logged)).toContain("fatal:");
  });

  test("see that mail is refused when nobody listens and default_action is missing", async () => {
    await using server = await startPostfix("smtpd", `${LIST} = ${FRONT}, check_policy_service ${POLICY}`);
    const { complaints } = await examine(server);
    expect(complaints).toEqual([
      expect.stringContaining("default_action is missing"),
      expect.stringContaining(
        `there is no such socket: start smtpdcheck serve --policy 'unix:${socketOf(server)}?mode=0660&owner=postfix'`,
      ),
    ]);
    expect(await answerTo("user@mx.test", server)).toStartWith(MISCONFIGURED);
  });

  test("are content when the guard is started as the doctor says", async () => {
    await using server = await startPostfix("smtpd", WELL);
    const [complaint = ""] = (await examine(server)).complaints;
    const [, address = ""] = /start smtpdcheck serve --policy '(.*)'$/.exec(complaint) ?? [];
    mkdirSync(dirname(socketOf(server)));
    using dns = await fakeNameServer({ "mx.test": { A: ["127.0.0.9"] } });
    const under = whereAccountsAre(server);
    await using _guard = await startGuard(compiled, ["--policy", address, "--dns", dns.address], { under });
    expect(await examine(server)).toMatchObject({ status: 0, complaints: [] });
    expect(await answerTo("user@mx.test", server)).toStartWith("250 ");
  });

  test("see settings that stand outside braces", async () => {
    const lines = `${LIST} = ${FRONT}, check_policy_service ${POLICY}, timeout=20s\nsmtpd_policy_service_default_action = DUNNO`;
    await using server = await startPostfix("smtpd", lines);
    using _guard = policyServer(socketOf(server), "DUNNO");
    expect((await examine(server)).complaints).toEqual([expect.stringContaining("stands outside braces")]);
    expect(await answerTo("user@mx.test", server)).toStartWith(MISCONFIGURED);
  });

  test("see that postfix may not open the socket", async () => {
    await using server = await startPostfix("smtpd", WELL);
    using _guard = policyServer(socketOf(server), DEFERS, { mode: 0o600 });
    expect((await examine(server)).complaints).toEqual([expect.stringContaining("Postfix may not open it")]);
    expect(await answerTo("user@mx.test", server)).toStartWith("250 ");
    await server.logged(/warning: connect to mxguard\/policy\.sock: Permission denied/);
  });

  test("see that an absolute path leads nowhere in a chroot", async () => {
    await using folder = await startPostfix(
      "smtpd in a chroot",
      `${LIST} = ${FRONT}, ${BRACES.replace(POLICY, "unix:/tmp/mxguard.sock")}`,
    );
    const { complaints } = await examine(folder);
    expect(complaints).toContainEqual(
      expect.stringContaining(`looks for ${folder.path}/queue/tmp/mxguard.sock`),
    );
    expect(await answerTo("user@mx.test", folder)).toStartWith("250 ");
    await folder.logged(/warning: connect to \/tmp\/mxguard\.sock: No such file or directory/);
  });

  test("see that it is never asked behind permit", async () => {
    await using server = await startPostfix("smtpd", WELL.replace("reject_unlisted_recipient", "permit"));
    using _guard = policyServer(socketOf(server), DEFERS);
    expect((await examine(server)).complaints).toEqual([expect.stringContaining("is never asked: permit")]);
    expect(await answerTo("user@mx.test", server)).toStartWith("250 ");
  });

  test.each([
    [DEFERS, "554 5.7.1 "],
    ["450 4.3.2 Please use mx1.test", "450 4.3.2 "],
  ])("see that strangers' domains are asked for too: %s", async (action, answer) => {
    const lines = `smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\nsmtpd_relay_before_recipient_restrictions = no\n${LIST} = permit_mynetworks, reject_unlisted_recipient, ${BRACES}`;
    await using server = await startPostfix("smtpd", lines);
    using _guard = policyServer(socketOf(server), action);
    expect((await examine(server)).complaints).toEqual([
      expect.stringContaining("before reject_unauth_destination, so for domains too that are none of yours"),
    ]);
    expect((await answerTo("user@elsewhere.test", server)).slice(0, answer.length)).toBe(answer);
  });

  test("see that the primary turns us away", async () => {
    await using primary = await startPostfix("smtpd for one connection a client");
    using _only = await greetedClient(primary.port);
    using dns = await fakeNameServer({
      "example.test": {
        MX: [
          [10, "mx1.example.test"],
          [20, "mx2.example.test"],
        ],
      },
      "mx1.example.test": { A: ["127.0.0.1"] },
      "mx2.example.test": { A: ["127.0.0.12"] },
    });
    const files = ["--main-cf", "-", "--master-cf", join(primary.path, "etc/master.cf")];
    const domain = ["--domain", "example.test", "--dns", dns.address, "-p", String(primary.port)];
    const { status, stdout } = await run(compiled, ["doctor", "--postfix", ...files, ...domain], {
      stdin: `compatibility_level = 3.6\nmyhostname = mx2.example.test\n${WELL}`,
    });
    expect(status).toBe(1);
    expect(stdout).toContain(
      'turns us away: 127.0.0.1 is busy: "421 4.7.0 mx.test Error: too many connections from 127.0.0.1"',
    );
  });
});
