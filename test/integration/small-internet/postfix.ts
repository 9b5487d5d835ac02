import { readFileSync, utimesSync } from "node:fs";
import { basename } from "node:path";
import { makePostfix } from "../postfix.ts";
import type { Host } from "./network.ts";
import { type Relay, relayOf } from "./relay.ts";
import { startService } from "./service.ts";
import { until } from "./until.ts";

/** A Postfix of a host. */
export interface MailServer extends Relay {
  /** The subjects of the messages that were delivered to its mailboxes, sorted; one that came twice is there twice. */
  arrived(): readonly string[];
  /** Resolves with them once there are so many. */
  arrivals(count: number, withinMs?: number): Promise<readonly string[]>;
}

/** What one Postfix has of its own. */
export interface PostfixOptions {
  /** Its name, which its host's addresses should lead back to. */
  readonly name: string;
  /** Domains whose mail, to any recipient, it keeps. */
  readonly mailboxesOf?: string;
  /** Whether postscreen(8) stands before its smtpd. */
  readonly hasPostscreen?: boolean;
  /** Lines of main.cf, which count more than all others. */
  readonly main?: string;
  /** Lines of master.cf, put behind all others. */
  readonly master?: string;
  /** Files of its data directory, by name. */
  readonly files?: Readonly<Record<string, string>>;
}

const SERVICES = `
smtpd pass - - n - - smtpd
anvil unix - - n - 1 anvil
bounce unix - - n - 0 bounce
cleanup unix n - n - 0 cleanup
defer unix - - n - 0 bounce
discard unix - - n - - discard
dnsblog unix - - n - 0 dnsblog
error unix - - n - - error
flush unix n - n 1000? 0 flush
postlog unix-dgram n - n - 1 postlogd
proxymap unix - - n - - proxymap
qmgr unix n - n 300 1 qmgr
relay unix - - n - - smtp
retry unix - - n - - error
rewrite unix - - n - - trivial-rewrite
scache unix - - n - 1 scache
smtp unix - - n - - smtp
tlsmgr unix - - n 1000? 1 tlsmgr
tlsproxy unix - - n - 0 tlsproxy
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
virtual unix - n n - - virtual
`;
const RETRY_SKIPPED_MS = 2_000;
/** virtual(8) delivers as nobody. */
const NOBODY = { name: "nobody", id: 65_534 };

/** Starts a Postfix on port 25 of all addresses of a host; every two seconds it tries again what it could not send. */
export async function startPostfix(host: Host, options: PostfixOptions): Promise<MailServer> {
  const postfix = await makePostfix(
    `${mainLines(host, options)}\n${options.main ?? ""}`,
    masterLines(options),
  );
  const { path } = postfix.folder;
  await postfix.folder.makeFolders(NOBODY, "mailboxes");
  for (const [name, text] of Object.entries(options.files ?? {}))
    await postfix.folder.write(`data/${name}`, text);
  const service = await startService({ host, server: "postfix", listensOn: 25, ...postfix });
  const arrived = () =>
    [...new Bun.Glob("mailboxes/*/new/*").scanSync({ cwd: path, absolute: true })].map(subjectOf).toSorted();
  const relay = relayOf(service, "queue/{incoming,active,deferred,hold}/**/*");
  return {
    ...relay,
    async drained(withinMs) {
      const timer = setInterval(() => retrySkipped(relay), RETRY_SKIPPED_MS);
      await relay.drained(withinMs).finally(() => clearInterval(timer));
    },
    arrived,
    async arrivals(count, withinMs) {
      const complaint = () =>
        `${host.name} has no ${count} messages but ${arrived().length}:\n${service.log()}`;
      await until(() => arrived().length >= count, complaint, withinMs);
      return arrived();
    },
  };
}

/** What qmgr(8) once finds locked it leaves alone for minutes, by the time of its file. */
function retrySkipped({ queue, log }: Relay): void {
  const skipped = [...log().matchAll(/ (\w+): skipped, still being delivered/g)].map(([, id]) => id);
  for (const file of queue()) {
    if (!skipped.includes(basename(file))) continue;
    try {
      utimesSync(file, 0, 0);
    } catch {}
  }
}

function mainLines({ addresses }: Host, { name, mailboxesOf = "" }: PostfixOptions): string {
  const [isIpv4, isIpv6] = [".", ":"].map((mark) => addresses.some((address) => address.includes(mark)));
  const ownNetworks = addresses.map((address) => (address.includes(":") ? `[${address}]` : address));
  return `
myhostname = ${name}
mydestination =
mynetworks = ${ownNetworks.join(" ")}
inet_interfaces = ${addresses.join(" ")}
inet_protocols = ${isIpv4 && isIpv6 ? "all" : isIpv4 ? "ipv4" : "ipv6"}
virtual_mailbox_domains = ${mailboxesOf}
virtual_mailbox_base = $data_directory/../mailboxes
virtual_mailbox_maps = static:all/
virtual_uid_maps = static:${NOBODY.id}
virtual_gid_maps = static:${NOBODY.id}
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
smtp_connect_timeout = 3s
smtp_helo_timeout = 15s
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
notify_classes =
postscreen_cache_map = btree:$data_directory/postscreen
`;
}

/** One postscreen for all addresses, for its cache can be open in one process alone. */
function masterLines({ hasPostscreen = false, master = "" }: PostfixOptions): string {
  const [most, server] = hasPostscreen ? ["1", "postscreen"] : ["-", "smtpd"];
  return `25 inet n - n - ${most} ${server}\n${SERVICES}${master}\n`;
}

function subjectOf(file: string): string {
  return /^Subject: (.*)$/m.exec(readFileSync(file, "utf8"))?.[1] ?? "";
}
