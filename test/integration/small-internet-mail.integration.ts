import { expect, setDefaultTimeout, test } from "bun:test";
import { lackingServer } from "./private-server.ts";
import { describeNeeding } from "./requirement.ts";
import { makeServerFolder } from "./server-folder.ts";
import { type Visit, visit } from "./small-internet/bot.ts";
import {
  ADDRESSES,
  type Internet,
  makeInternet,
  startPrimary,
  startSecondary,
  startSender,
  submit,
} from "./small-internet/internet.ts";
import { lackingNetwork } from "./small-internet/network.ts";
import { type Service, startService } from "./small-internet/service.ts";

setDefaultTimeout(60_000);

const POLICY = "inet:127.0.0.1:10040";
const POLICY_SERVER = `
  const [action, unix] = process.argv.slice(1);
  const socket = {
    data(one, octets) {
      one.unread = (one.unread ?? "") + octets;
      const requests = one.unread.split("\\n\\n");
      one.unread = requests.pop();
      for (const _ of requests) one.write("action=" + action + "\\n\\n");
    },
  };
  process.umask(0);
  Bun.listen({ unix, socket });
  Bun.listen({ hostname: "127.0.0.1", port: 10040, socket });
`;
const DEFER = "DEFER_IF_PERMIT 4.3.2 Please use mx1.example.test";
const DEFERRED = "450 4.3.2 <user@example.test>: Recipient address rejected: Please use mx1.example.test";
const SPAWNED = `policy unix - n n - 0 spawn user=nobody argv=sh -c
  {while read -r line; do [ -n "$line" ] || printf "action=${DEFER}\\n\\n"; done}`;

describeNeeding("mail in a small internet", lackingNetwork() ?? lackingServer("postfix"), () => {
  test.concurrent("brings a message from the sender through postscreen to the primary", async () => {
    await using internet = await makeInternet();
    await using primary = await startPrimary(internet);
    await using sender = await startSender(internet);
    await submit(sender, "one");
    await sender.drained();
    expect(await primary.arrivals(1)).toEqual(["one"]);
    expect(primary.log()).toMatch(/PASS NEW .*\n.* connect from out\.client\.test\[/);
  });

  test.concurrent("brings it once, by the secondary, when the primary stops and starts", async () => {
    await using internet = await makeInternet();
    await using primary = await startPrimary(internet);
    await using _policy = await startPolicy(internet, "DUNNO");
    await using secondary = await startSecondary(internet, POLICY);
    await using sender = await startSender(internet);
    await primary.stop();
    await submit(sender, "one");
    await secondary.logged(/ from=<a@client\.test>/);
    expect(primary.arrived()).toEqual([]);
    expect(secondary.queue()).toHaveLength(1);
    await primary.start();
    expect(await primary.arrivals(1)).toEqual(["one"]);
    expect(sender.log()).toMatch(/relay=mx2\.example\.test\S+, .* status=sent/);
  });

  test.concurrent("brings each of a stream of messages once when the primary is killed in its midst", async () => {
    await using internet = await makeInternet();
    await using primary = await startPrimary(internet);
    await using _policy = await startPolicy(internet, "DUNNO");
    await using secondary = await startSecondary(internet, POLICY);
    await using sender = await startSender(internet);
    const subjects = Array.from({ length: 12 }, (_, index) => `message ${index}`).toSorted();
    for (const [index, subject] of subjects.entries()) {
      if (index === 4) await primary.kill();
      if (index === 8) await primary.start();
      await submit(sender, subject);
    }
    await Promise.all([sender.drained(), secondary.drained()]);
    expect(await primary.arrivals(subjects.length)).toEqual(subjects);
    expect(sender.arrived()).toEqual([]);
  });

  test.concurrent.each(["inet", "unix", "spawn"] as const)(
    "defers a bot when the policy server says so (%s)",
    async (way) => {
      await using internet = await makeInternet();
      await using policy = await startPolicy(internet, DEFER);
      const services = {
        inet: POLICY,
        unix: `unix:${policy.folder.path}/policy`,
        spawn: "unix:private/policy",
      };
      await using _secondary = await startSecondary(internet, services[way], { master: SPAWNED });
      const recipients = new Array<string>(10).fill("user@example.test");
      const visits = new Array<Visit>(20).fill({ to: ADDRESSES.mx2[0], recipients });
      const said = await visit(internet.host("bot"), ...visits);
      expect(said.flatMap((one) => one.recipients)).toEqual(new Array(200).fill(DEFERRED));
    },
  );
});

/** A policy server that says the same to everybody. */
async function startPolicy({ host }: Internet, action: string): Promise<Service> {
  const folder = await makeServerFolder([]);
  const argv = [process.execPath, "-e", POLICY_SERVER, action, `${folder.path}/policy`];
  return startService({ host: host("mx2"), folder, argv, listensOn: 10_040 });
}
