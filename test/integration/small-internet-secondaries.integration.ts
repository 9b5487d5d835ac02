import { expect, setDefaultTimeout, test } from "bun:test";
import { lackingServer } from "./private-server.ts";
import { describeNeeding } from "./requirement.ts";
import { makeServerFolder } from "./server-folder.ts";
import { visit } from "./small-internet/bot.ts";
import { startExim } from "./small-internet/exim.ts";
import { lackingHaraka, startHaraka } from "./small-internet/haraka.ts";
import { ADDRESSES, type Internet, makeInternet, startPrimary, submit } from "./small-internet/internet.ts";
import { lackingNetwork } from "./small-internet/network.ts";
import { startOpenSmtpd } from "./small-internet/open-smtpd.ts";
import { textOf } from "./small-internet/processes.ts";
import type { Relay } from "./small-internet/relay.ts";
import { startSendmail } from "./small-internet/sendmail.ts";
import { until } from "./small-internet/until.ts";

setDefaultTimeout(60_000);

const DEFERRED = "450 4.3.2 Please use mx1.example.test";
const EXIM_DEFERS = `
  defer message = ${DEFERRED}
    condition = \${if eq{$received_ip_address}{${ADDRESSES.mx2[0]}}}`;
/** An OpenSMTPD filter (smtpd-filters(7)). */
const FILTER = `
while IFS="|" read -r kind version _ _ what session token _; do
  case "$kind|$version|$what" in
    "config|ready|") printf "register|filter|smtp-in|rcpt-to\\nregister|ready\\n";;
    filter*rcpt-to) printf "filter-result|%s|%s|reject|%s\\n" "$session" "$token" "${DEFERRED}";;
  esac
done
`;
const PLUGIN = `
exports.hook_rcpt = (next) => next(DENYSOFT, require("haraka-dsn").create(450, "Please use mx1.example.test", 3, 2));
`;
const RULES = `
LOCAL_RULESETS
SLocal_check_rcpt
R$*\t$#error $@ 4.3.2 $: "450 Please use mx1.example.test"`;
const name = "mx2.example.test";

describeNeeding("Exim in a small internet", lackingNetwork() ?? lackingServer("exim4-daemon-light"), () => {
  test.concurrent("keeps mail until the primary is there", async () => {
    await using internet = await makeInternet();
    await using secondary = await startExim(internet.host("mx2"), { name });
    await expectRelaying(internet, secondary);
  });

  test.concurrent("defers by its ACL", async () => {
    await using internet = await makeInternet();
    await using _secondary = await startExim(internet.host("mx2"), { name, acl: EXIM_DEFERS });
    expect(await answers(internet)).toEqual([DEFERRED]);
  });

  test.concurrent("is a sender for its own host", async () => {
    await using internet = await makeInternet();
    await using primary = await startPrimary(internet, { hasPostscreen: false });
    await using sender = await startExim(internet.host("sender"), { name: "out.client.test" });
    await submit(sender, "one");
    expect(await primary.arrivals(1)).toEqual(["one"]);
  });
});

describeNeeding("OpenSMTPD in a small internet", lackingNetwork() ?? lackingServer("opensmtpd"), () => {
  test.concurrent("keeps mail until the primary is there", async () => {
    await using internet = await makeInternet();
    await using secondary = await startOpenSmtpd(internet.host("mx2"), { name });
    await expectRelaying(internet, secondary, undefined, secondary.retry);
  });

  test.concurrent("defers by its filter", async () => {
    await using internet = await makeInternet();
    const folder = await makeServerFolder([]);
    const filter = `/bin/sh ${await folder.write("filter", FILTER)}`;
    await using _secondary = await startOpenSmtpd(internet.host("mx2"), { name, filter });
    expect(await answers(internet)).toEqual([DEFERRED]);
    await folder.remove();
  });

  test.concurrent("is a sender for its own host", async () => {
    await using internet = await makeInternet();
    await using primary = await startPrimary(internet, { hasPostscreen: false });
    await using sender = await startOpenSmtpd(internet.host("sender"), { name: "out.client.test" });
    await submit(sender, "one");
    expect(await primary.arrivals(1)).toEqual(["one"]);
  });
});

describeNeeding("Haraka in a small internet", lackingNetwork() ?? lackingHaraka(), () => {
  test.concurrent("keeps mail until the primary is there", async () => {
    await using internet = await makeInternet();
    await using secondary = await startHaraka(internet.host("mx2"), { name });
    await expectRelaying(internet, secondary);
  });

  test.concurrent("defers by a plugin", async () => {
    await using internet = await makeInternet();
    await using _secondary = await startHaraka(internet.host("mx2"), { name, plugins: { policy: PLUGIN } });
    expect(await answers(internet)).toEqual([DEFERRED]);
  });
});

describeNeeding("Sendmail in a small internet", lackingNetwork() ?? lackingServer("sendmail-bin"), () => {
  test.concurrent("keeps mail until the primary is there", async () => {
    await using internet = await makeInternet();
    await using secondary = await startSendmail(internet.host("mx2"), { name });
    const hasFailed = () =>
      secondary.queue().some((file) => textOf(file).includes("\nMDeferred: Connection refused"));
    await expectRelaying(internet, secondary, hasFailed);
  });

  test.concurrent("defers by its rules", async () => {
    await using internet = await makeInternet();
    await using _secondary = await startSendmail(internet.host("mx2"), { name, mc: RULES });
    expect(await answers(internet)).toEqual(["450 4.3.2 <user@example.test>... Please use mx1.example.test"]);
  });
});

/** What a bot is told by the secondary. */
async function answers({ host }: Internet): Promise<readonly string[] | undefined> {
  const [said] = await visit(host("bot"), { to: ADDRESSES.mx2[0], recipients: ["user@example.test"] });
  return said?.recipients;
}

/** Asks for a message to be kept while the primary is not there, and brought to it once afterwards. */
async function expectRelaying(
  { host, ...internet }: Internet,
  secondary: Relay,
  hasFailed = () => /refused/i.test(secondary.log()),
  retry: () => Promise<void> = async () => {},
): Promise<void> {
  const to = { to: ADDRESSES.mx2[0], recipients: ["user@other.test", "user@example.test"] };
  const [said] = await visit(host("bot"), { ...to, subject: "one" });

  expect(said).toMatchObject({ recipients: [expect.stringMatching(/^55/), expect.stringMatching(/^250/)] });
  await until(hasFailed, secondary.log);
  expect(secondary.queue()).toHaveLength(1);
  await using primary = await startPrimary({ host, ...internet }, { hasPostscreen: false });
  await retry();
  await secondary.drained();
  expect(await primary.arrivals(1)).toEqual(["one"]);
}
