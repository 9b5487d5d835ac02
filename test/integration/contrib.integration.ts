import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compiled, projectFolder, run } from "../end-to-end/command.ts";
import { fakeNameServer } from "../fake/name-server.ts";
import { type FakePolicyServer, fakePolicyServer } from "../fake/policy-server.ts";
import { GREETS } from "../fake/scripts.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
import type { Zone } from "../fake/zone.ts";
import { startHaraka } from "./contrib-haraka.ts";
import { lackingSendmail, startSendmail } from "./contrib-sendmail.ts";
import { makeExim } from "./exim.ts";
import { startConfigured } from "./open-smtpd.ts";
import { startPostfix } from "./postfix.ts";
import { freePort, lackingServer } from "./private-server.ts";
import { describeNeeding } from "./requirement.ts";
import { converse } from "./smtp-client.ts";

setDefaultTimeout(30_000);

const shipped = (name: string) => Bun.file(join(projectFolder, "contrib", name)).text();
const PLEASE = "4.3.2 Please use mx1.example.test";
/** What a guard says, by the local part of the recipient. */
const ANSWERS: Readonly<Record<string, string>> = {
  user: `action=DEFER_IF_PERMIT ${PLEASE}\n\n`,
  unlucky: `action=451 ${PLEASE}\n\n`,
  dry: "action=WARN Please use mx1.example.test\n\n",
};

/** Two exchangers of a domain, of which the second is this machine. */
function zoneOf(domain: string): Zone {
  return {
    [domain]: {
      MX: [
        [10, `mx1.${domain}`],
        [20, `mx2.${domain}`],
      ],
    },
    [`mx1.${domain}`]: { A: ["127.0.0.11"] },
    [`mx2.${domain}`]: { A: ["127.0.0.1"] },
  };
}

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "smtpdcheck-contrib-"));
  await chmod(folder, 0o755);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describeNeeding("contrib/postfix/main.cf", lackingServer("postfix"), () => {
  test("defers by the guard, not for strangers and unknown users, and takes mail when it is gone", async () => {
    await using server = await startPostfix("smtpd", await shipped("postfix/main.cf"));
    await mkdir(join(server.path, "queue/mxguard"));
    const answersFor = async (...recipients: readonly string[]) => {
      const commands = ["EHLO client.test", "MAIL FROM:<>", ...recipients.map((to) => `RCPT TO:<${to}>`)];
      return (await converse(server.port, commands)).slice(3);
    };
    {
      using guard = await startGuard(join(server.path, "queue/mxguard/policy.sock"));
      expect(await answersFor("user@mx.test", "nobody@mx.test", "user@elsewhere.test")).toEqual([
        "450 4.3.2 <user@mx.test>: Recipient address rejected: Please use mx1.example.test",
        "550 5.1.1 <nobody@mx.test>: Recipient address rejected: User unknown in local recipient table",
        "554 5.7.1 <user@elsewhere.test>: Relay access denied",
      ]);
      expect(await answersFor("postmaster@mx.test")).toEqual(["250 2.1.5 Ok"]);
      expect(guard.requests).toHaveLength(2);
    }
    expect(await answersFor("user@mx.test")).toEqual(["250 2.1.5 Ok"]);
  });
});

describeNeeding("contrib/postfix/master.cf", lackingServer("postfix"), () => {
  test("has a guard started by Postfix, which defers while the primary is up", async () => {
    using dns = await fakeNameServer(zoneOf("example.test"));
    using primary = fakeSmtpServer(GREETS, { hostname: "127.0.0.11" });
    const main = (await shipped("postfix/main.cf")).replace(
      "unix:mxguard/policy.sock",
      "unix:private/mxguard",
    );
    const master = (await shipped("postfix/master.cf")).replace(
      "/usr/local/bin/smtpdcheck serve",
      `${compiled.argv[0]} serve --dns ${dns.address} -p ${primary.port} --probe-loopback`,
    );
    const [, limit = ""] = /^# +(mxguard_time_limit = \d+)$/m.exec(master) ?? [];
    await using server = await startPostfix(
      "smtpd",
      `${main}\n${limit}\nmydestination = mx.test, example.test`,
      master,
    );
    const commands = ["EHLO client.test", "MAIL FROM:<>", "RCPT TO:<user@example.test>"];
    expect((await converse(server.port, [...commands, "RCPT TO:<user@mx.test>"])).slice(3)).toEqual([
      "450 4.3.2 <user@example.test>: Recipient address rejected: Please use mx1.example.test",
      "250 2.1.5 Ok",
    ]);
  });
});

describeNeeding("contrib/opensmtpd/smtpd.conf", lackingServer("opensmtpd"), () => {
  test("has a guard started by OpenSMTPD, which defers while the primary is up", async () => {
    using dns = await fakeNameServer(zoneOf("example.org"));
    using primary = fakeSmtpServer(GREETS, { hostname: "127.0.0.11" });
    const domains = join(folder, "mxguard.domains");
    await Bun.write(domains, "example.org\n");
    const config = await shipped("opensmtpd/smtpd.conf");
    await using server = await startConfigured((port) =>
      config
        .replace(
          "/usr/local/bin/smtpdcheck filter --domains /etc/mail/mxguard.domains",
          `${compiled.argv[0]} filter --domains ${domains} --dns ${dns.address} -p ${primary.port} --probe-loopback`,
        )
        .replace("0.0.0.0 port 25", `127.0.0.1 port ${port}`),
    );
    const commands = ["EHLO client.test", "MAIL FROM:<>", "RCPT TO:<user@example.org>"];
    expect((await converse(server.port, [...commands, "RCPT TO:<user@elsewhere.test>"])).slice(3)).toEqual([
      "450 4.3.2 Please use mx1.example.org",
      expect.stringMatching(/^550 /),
    ]);
    await server.logged(/mxguard: .*verdict=deferred/);
  });
});

describeNeeding("contrib/exim", lackingServer("exim4-daemon-light"), () => {
  test("readsocket.acl defers by the guard, says what it knows, and takes mail when it is gone", async () => {
    const path = join(folder, "policy.sock");
    const acl = (await shipped("exim/readsocket.acl")).replaceAll("/run/smtpdcheck/policy.sock", path);
    {
      using guard = await startGuard(path);
      expect(await eximAnswers(acl, "user@example.test", "unlucky@example.test")).toEqual([
        `450 ${PLEASE}`,
        `451 ${PLEASE}`,
      ]);
      expect(await eximAnswers(acl, "dry@example.test", "other@example.test")).toEqual([
        "250 Accepted",
        "250 Accepted",
      ]);
      expect(guard.requests[0]).toBe(`request=smtpd_access_policy
protocol_state=RCPT
protocol_name=ESMTP
client_address=192.0.2.9
client_name=unknown
helo_name=client.test
server_address=198.51.100.3
server_port=25
sender=a@client.test
recipient=user@example.test
sasl_username=

`);
    }
    expect(await eximAnswers(acl, "user@example.test")).toEqual(["250 Accepted"]);
  });

  test("run.acl defers to a better exchanger that is up, and takes mail when nobody knows", async () => {
    using up = fakeSmtpServer(GREETS);
    using dns = await fakeNameServer({
      "better.test": {
        MX: [
          [10, "up.test"],
          [20, "mx.test"],
        ],
      },
      "worse.test": {
        MX: [
          [30, "up.test"],
          [20, "mx.test"],
        ],
      },
      "up.test": { A: ["127.0.0.1"] },
      "mx.test": { A: ["127.0.0.2"] },
      "broken.test": { MX: "SERVFAIL" },
    });
    const acl = (program: string) =>
      shipped("exim/run.acl").then((text) => text.replaceAll("/usr/local/bin/smtpdcheck", program));
    const program = await acl(`${compiled.argv[0]} --dns ${dns.address} -p ${up.port}`);
    expect(await eximAnswers(program, "user@better.test")).toEqual(["450 4.3.2 Please use up.test"]);
    expect(await eximAnswers(program, "user@worse.test", "user@broken.test")).toEqual([
      "250 Accepted",
      "250 Accepted",
    ]);
    expect(await eximAnswers(await acl("/nowhere/smtpdcheck"), "user@better.test")).toEqual(["250 Accepted"]);
  });

  /** What an Exim with these lines in its RCPT ACL answers to each recipient. */
  async function eximAnswers(acl: string, ...recipients: readonly string[]): Promise<readonly string[]> {
    const { folder, command, options } = await makeExim(
      `domainlist relay_to_domains = *.test\nacl_smtp_rcpt = rcpt\nbegin acl\nrcpt:\n${acl}\naccept`,
    );
    const commands = ["HELO client.test", "MAIL FROM:<a@client.test>"];
    const dialogue = [...commands, ...recipients.map((to) => `RCPT TO:<${to}>`), "QUIT\r\n"].join("\r\n");
    const { stdout } = await run(command, ["-bh", "192.0.2.9", "-oMi", "198.51.100.3.25"], {
      ...options,
      stdin: dialogue,
    });
    await folder.remove();
    return stdout.split("\r\n").slice(-2 - recipients.length, -2);
  }
});

describeNeeding("contrib/haraka", lackingServer("haraka"), () => {
  test("defers by the guard, and takes mail when it is gone", async () => {
    const path = join(folder, "haraka.sock");
    await using haraka = await startHaraka({
      plugin: await shipped("haraka/mxguard.js"),
      settings: (await shipped("haraka/mxguard.ini")).replace(/^path=.*/m, `path=${path}`),
    });
    const answersFor = async (...recipients: readonly string[]) => {
      const commands = ["EHLO client.test", "MAIL FROM:<>", ...recipients.map((to) => `RCPT TO:<${to}>`)];
      return (await converse(haraka.port, commands)).slice(3);
    };
    {
      using guard = await startGuard(path);
      expect(await answersFor("user@example.test", "unlucky@example.test", "dry@example.test")).toEqual([
        `450 ${PLEASE}`,
        `451 ${PLEASE}`,
        "250 recipient <dry@example.test> OK",
      ]);
      expect(guard.requests[0]).toMatch(
        /^request=smtpd_access_policy\n[\s\S]*client_address=127\.0\.0\.1\nclient_name=unknown\nhelo_name=client\.test\nserver_address=127\.0\.0\.1\n[\s\S]*sender=\nrecipient=user@example\.test\nsasl_username=\n\n$/,
      );
    }
    expect(await answersFor("user@example.test")).toEqual(["250 recipient <user@example.test> OK"]);
  });
});

describeNeeding("contrib/sendmail/mxguard.m4", lackingSendmail(), () => {
  test("defers by the guard, asks with what it knows, and takes mail when it is gone", async () => {
    const ports = { smtp: freePort(), guard: freePort() };
    // Sendmail does not tell its own address of a connection on loopback.
    const rules = (await shipped("sendmail/mxguard.m4")).replace("{if_addr}", "{daemon_addr}");
    await using sendmail = await startSendmail(
      ports.smtp,
      rules.replace("inet:10041", `inet:${ports.guard}`),
    );
    const answersFor = async (sender: string, ...recipients: readonly string[]) => {
      const commands = ["EHLO client.test", `MAIL FROM:<${sender}>`];
      const all = [...commands, ...recipients.map((to) => `RCPT TO:<${to}>`)];
      return (await converse(sendmail.port, all)).slice(3);
    };
    const taken = (to: string) => `250 2.1.5 <${to}>... Recipient ok (will queue)`;
    {
      using guard = guardOfSendmail(ports.guard);
      expect(await answersFor("a@client.test", "user@example.test")).toEqual([
        "450 4.3.2 <user@example.test>... Please use mx1.example.test",
      ]);
      expect(await answersFor("", "other@example.test")).toEqual([taken("other@example.test")]);
      expect(guard.queries).toEqual([
        "mxguard 127.0.0.1 example.test 127.0.0.1<a@client.test><user@example.test>",
        "mxguard 127.0.0.1 example.test 127.0.0.1<><other@example.test>",
      ]);
    }
    expect(await answersFor("a@client.test", "user@example.test")).toEqual([taken("user@example.test")]);
  });

  test("asks nothing for a client that has authenticated", async () => {
    const ports = { smtp: freePort(), guard: freePort() };
    const rules = (await shipped("sendmail/mxguard.m4")).replace("inet:10041", `inet:${ports.guard}`);
    await using sendmail = await startSendmail(ports.smtp, `${rules}LOCAL_CONFIG\nD{auth_type}PLAIN\n`);
    using guard = guardOfSendmail(ports.guard);
    const commands = ["EHLO client.test", "MAIL FROM:<>", "RCPT TO:<user@example.test>"];
    expect((await converse(sendmail.port, commands)).at(-1)).toStartWith("250 ");
    expect(guard.queries).toEqual([]);
  });

  function guardOfSendmail(port: number) {
    const queries: string[] = [];
    const server = Bun.listen({
      hostname: "127.0.0.1",
      port,
      socket: {
        data(socket, octets) {
          const query = octets.toString().replace(/^\d+:(.*),$/, "$1");
          queries.push(query);
          socket.write(query.includes("<user@") ? "25:OK DEFER mx1.example.test," : "9:NOTFOUND ,");
        },
      },
    });
    return { queries, [Symbol.dispose]: () => server.stop(true) };
  }
});

function startGuard(path: string): Promise<FakePolicyServer> {
  const localPart = (request: string) => /^recipient=(.*)@/m.exec(request)?.[1] ?? "";
  return fakePolicyServer(path, (request) => ANSWERS[localPart(request)] ?? "action=DUNNO\n\n");
}
