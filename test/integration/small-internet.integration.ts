import { expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readlinkSync } from "node:fs";
import { rm } from "node:fs/promises";
import { lackingServer } from "./private-server.ts";
import { describeNeeding } from "./requirement.ts";
import { visit } from "./small-internet/bot.ts";
import {
  ADDRESSES,
  makeInternet,
  startPrimary,
  startSender,
  submit,
  ZONE,
} from "./small-internet/internet.ts";
import { lackingNetwork } from "./small-internet/network.ts";
import { startPostfix } from "./small-internet/postfix.ts";

import { until } from "./small-internet/until.ts";

setDefaultTimeout(60_000);

const TO_PRIMARY = { to: ADDRESSES.mx1[0], recipients: ["user@example.test"] };

describeNeeding("a small internet", lackingNetwork() ?? lackingServer("postfix"), () => {
  test.concurrent("swallows the packets to one address until it is spared", async () => {
    await using internet = await makeInternet();
    await using primary = await startPrimary(internet, { hasPostscreen: false });
    const [ipv4, ipv6] = ADDRESSES.mx1;
    const visits = [ipv4, ipv6].map((to) => ({ to, recipients: ["user@example.test"], timeoutMs: 2_000 }));
    const ends = async () => (await visit(internet.host("bot"), ...visits)).map(({ end }) => end);
    expect(await ends()).toEqual([undefined, undefined]);
    await internet.fate("blackhole", { to: ipv6 });
    expect(await ends()).toEqual([undefined, "Error: no connection"]);
    await internet.fate("blackhole", { from: ADDRESSES.bot[0], to: ipv4 });
    expect(await ends()).toEqual(["Error: no connection", "Error: no connection"]);
    await internet.spare("blackhole", { to: ipv6 });
    await internet.spare("blackhole", { from: ADDRESSES.bot[0], to: ipv4 });
    await internet.fate("unreachable", { to: ipv6 });
    await internet.fate("prohibit", { to: ipv4 });
    expect(await ends()).toEqual(["Error: Failed to connect", "Error: Failed to connect"]);
    await internet.spare("unreachable", { to: ipv6 });
    await internet.spare("prohibit", { to: ipv4 });
    expect(await ends()).toEqual([undefined, undefined]);
    expect(primary.log()).toContain("connect from bot.test[2001:db8:1::66]");
  });

  test.concurrent("brings a message from a host without IPv4, and none when the primary is dead for IPv6", async () => {
    await using internet = await makeInternet();
    await using primary = await startPrimary(internet, { hasPostscreen: false });
    await using sender = await startPostfix(internet.host("six"), { name: "out.six.test" });
    await submit(sender, "one");
    expect(await primary.arrivals(1)).toEqual(["one"]);
    await internet.fate("blackhole", { to: ADDRESSES.mx1[1] });
    await submit(sender, "two");
    await sender.logged(/connect to mx1\.example\.test\[2001:db8::11\]:25: Connection timed out/);
    expect(sender.queue()).toHaveLength(1);
    expect(sender.log()).not.toContain("198.51.100");
  });

  test.concurrent("lets a mail server hang that is paused, and go on", async () => {
    await using internet = await makeInternet();
    await using primary = await startPrimary(internet, { hasPostscreen: false });
    const to = { to: ADDRESSES.mx1[0], recipients: ["user@example.test"], timeoutMs: 1_000 };
    primary.pause();
    expect(await visit(internet.host("bot"), to)).toMatchObject([{ end: "Error: silent" }]);
    primary.resume();
    expect(await visit(internet.host("bot"), to)).toMatchObject([{ recipients: ["250 2.1.5 Ok"] }]);
  });

  test.concurrent("keeps the sender waiting while the name server is down, and serves another zone afterwards", async () => {
    await using internet = await makeInternet();
    await using primary = await startPrimary(internet, { hasPostscreen: false });
    await using other = await startPostfix(internet.host("mx3"), {
      name: "mx3.example.test",
      mailboxesOf: "example.test",
    });
    await using sender = await startSender(internet);
    await internet.names.kill();
    await submit(sender, "one");
    await sender.logged(/type=MX: Host not found, try again/);
    await internet.names.serve({ ...ZONE, "example.test": { MX: [[10, "mx3.example.test"]] } });
    await internet.names.start();
    expect(await other.arrivals(1)).toEqual(["one"]);
    expect(primary.arrived()).toEqual([]);
  });

  test.concurrent("speaks from each address that a host has", async () => {
    await using internet = await makeInternet();
    await using primary = await startPrimary(internet, { hasPostscreen: false });
    const visits = ADDRESSES.pool.map((from) => ({ ...TO_PRIMARY, from }));
    await visit(internet.host("pool"), ...visits);
    const clients = primary.log().matchAll(/ connect from (\S+)/g);
    expect([...clients].map(([, client]) => client).toSorted()).toEqual(
      ADDRESSES.pool.map((address, index) => `out${index + 1}.pool.test[${address}]`).toSorted(),
    );
  });

  test.concurrent("leaves no process behind when the one that made it is killed", async () => {
    const lines = `
      import { makeInternet, startPrimary } from "${import.meta.dir}/small-internet/internet.ts";
      const internet = await makeInternet();
      const primary = await startPrimary(internet);
      const namespace = await Bun.$\`\${primary.host.inside} readlink /proc/self/ns/net\`.text();
      console.log(JSON.stringify([namespace.trim(), internet.names.folder.path, primary.folder.path]));
      await new Promise(() => setInterval(() => {}, 1_000));`;
    const child = Bun.spawn([process.execPath, "-e", lines], { stdout: "pipe" });
    const { value } = await child.stdout.getReader().read();
    const [namespace, ...folders] = JSON.parse(new TextDecoder().decode(value));
    expect(processesIn(namespace)).not.toEqual([]);
    child.kill("SIGKILL");
    await until(
      () => processesIn(namespace).length === 0,
      () => "they live",
    );
    await Promise.all(folders.map((folder: string) => rm(folder, { recursive: true })));
  });
});

/** The processes of a network namespace, as `readlink /proc/self/ns/net` names it. */
function processesIn(namespace: string): readonly string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/ns/net`) === namespace;
    } catch {
      return false;
    }
  });
}
