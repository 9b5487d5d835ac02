import { expect, setDefaultTimeout, test } from "bun:test";
import type { Zone } from "../fake/zone.ts";
import { lackingServer } from "./private-server.ts";
import { describeNeeding } from "./requirement.ts";
import { visit } from "./small-internet/bot.ts";
import { COMMAND, POLICY, POLICY_SERVICE, serviceAt, startGuard } from "./small-internet/guard.ts";
import {
  ADDRESSES,
  type Internet,
  makeInternet,
  startPrimary,
  startSecondary,
  startSender,
  submit,
  ZONE,
} from "./small-internet/internet.ts";
import { lackingNetwork } from "./small-internet/network.ts";
import type { MailServer } from "./small-internet/postfix.ts";

setDefaultTimeout(120_000);

const DEFERRED = "450 4.3.2 <user@example.test>: Recipient address rejected: Please use mx1.example.test";
/** We are first, or equal; nobody is before us; we are in no list; there is none; it takes no mail. */
const ELSEWHERE: Zone = {
  "first.test": {
    MX: [
      [10, "mx2.example.test"],
      [20, "mx1.example.test"],
    ],
  },
  "equal.test": {
    MX: [
      [10, "mx1.example.test"],
      [10, "mx2.example.test"],
    ],
  },
  "elsewhere.test": { MX: [[10, "mx1.example.test"]] },
  "implicit.test": { A: [ADDRESSES.mx1[0]] },
  "null.test": { MX: [[0, ""]] },
};
const main = `relay_domains = example.test ${Object.keys(ELSEWHERE).join(" ")}`;
const SPAWN = `mxguard unix - n n - 0 spawn user=nobody argv=${COMMAND} serve --policy stdio`;
const CHROOTED = "25 inet n - y - - smtpd";

describeNeeding("the guard at a Postfix", lackingNetwork() ?? lackingServer("postfix"), () => {
  test.concurrent("defers all bots while the primary is up, on a TCP port", async () => {
    await using internet = await makeInternet();
    await using secondary = await startSecondary(internet, POLICY_SERVICE, { main });
    await using _guard = await startGuard(internet.host("mx2"));
    await expectShut(internet, secondary);
  });

  test.concurrent("does so on a socket below the queue directory of a chrooted smtpd", async () => {
    await using internet = await makeInternet();
    const service = serviceAt("unix:mxguard/policy.sock");
    await using secondary = await startSecondary(internet, service, { main, master: CHROOTED });
    const folder = `${secondary.folder.path}/queue/mxguard`;
    await secondary.folder.makeFolders({ name: "root", id: 0 }, "queue/mxguard");
    const listensOn = `${folder}/policy.sock`;
    const policy = `unix:${listensOn}?mode=0660&group=postfix`;
    await using _guard = await startGuard(internet.host("mx2"), { policy, listensOn });
    await expectShut(internet, secondary);
  });

  test.concurrent("does so when Postfix starts it for each smtpd", async () => {
    await using internet = await makeInternet();
    const service = serviceAt("unix:private/mxguard");
    await using secondary = await startSecondary(internet, service, { main, master: SPAWN });
    await expectShut(internet, secondary);
  });

  test.concurrent.skipIf(Bun.which("systemd-socket-activate") === null)(
    "does so on a socket that systemd listens on",
    async () => {
      await using internet = await makeInternet();
      await using secondary = await startSecondary(internet, POLICY_SERVICE, { main });
      const under = ["systemd-socket-activate", "-l", POLICY.replace("inet:", "")];
      await using _guard = await startGuard(internet.host("mx2"), { policy: "fd:3", under });
      await expectShut(internet, secondary);
    },
  );

  test.concurrent.each([
    ["defer", "450 4.3.2"],
    ["450", "450 4.3.2"],
    ["451", "451 4.3.2"],
  ])("says it as it is told to (--action %s)", async (action, code) => {
    await using internet = await makeInternet();
    await using _primary = await startPrimary(internet);
    await using _secondary = await startSecondary(internet, POLICY_SERVICE, { main });
    const message = "Waiting ends at %t, see %r";
    const options = ["--action", action, "--message", message];
    await using guard = await startGuard(internet.host("mx2"), { options });
    const [said = ""] = await answers(internet, "user@example.test");
    const words = /^(\d{3} 4\.3\.2) .*: Waiting ends at [-\d]{10} \d\d:\d\d UTC, see ([\da-f]+)$/.exec(said);
    expect({ said, code: words?.[1] }).toEqual({ said, code });
    await guard.logged(new RegExp(` ref=${words?.[2]} domain=example\\.test `));
  });

  test.concurrent("lets all in, and says what it would have done, in a dry run", async () => {
    await using internet = await makeInternet();
    await using _primary = await startPrimary(internet);
    await using secondary = await startSecondary(internet, POLICY_SERVICE, { main });
    await using guard = await startGuard(internet.host("mx2"), { options: ["--action", "warn"] });
    expect(await answers(internet, "user@example.test")).toEqual(["250 2.1.5 Ok"]);
    await secondary.logged(/NOQUEUE: warn: RCPT from bot\.test\[.*: Please use mx1\.example\.test; from=/);
    await guard.logged(/domain=example\.test .* verdict=would-defer server=mx1\.example\.test reason=up/);
  });
});

/** Asks for 200 recipients of bots to be deferred, honest mail to go to the primary, and no other domain to be touched. */
async function expectShut(internet: Internet, secondary: MailServer): Promise<void> {
  await internet.names.serve({ ...ZONE, ...ELSEWHERE });
  await using primary = await startPrimary(internet);
  await using sender = await startSender(internet);
  const recipients = new Array<string>(10).fill("user@example.test");
  const visits = Array.from({ length: 20 }, () => ({ to: ADDRESSES.mx2[0], recipients }));

  const [said] = await Promise.all([visit(internet.host("bot"), ...visits), submit(sender, "one")]);

  expect(said.flatMap((one) => one.recipients)).toEqual(new Array(200).fill(DEFERRED));
  expect(await primary.arrivals(1)).toEqual(["one"]);
  expect(secondary.queue()).toEqual([]);
  const others = Object.keys(ELSEWHERE).map((domain) => `user@${domain}`);
  expect(await answers(internet, ...others)).toEqual(others.map(() => "250 2.1.5 Ok"));
  expect(await answers(internet, "user@other.test")).toEqual([
    "554 5.7.1 <user@other.test>: Relay access denied",
  ]);
}

async function answers({ host }: Internet, ...recipients: readonly string[]): Promise<readonly string[]> {
  const [said] = await visit(host("bot"), { to: ADDRESSES.mx2[0], recipients });
  return said?.recipients ?? [];
}
