import { join } from "node:path";
import { OPEN_SMTPD_ACCOUNTS } from "../open-smtpd.ts";
import { packageFolder } from "../private-server.ts";
import { makeServerFolder } from "../server-folder.ts";
import type { Host } from "./network.ts";
import { type Relay, relayOf } from "./relay.ts";
import { startService } from "./service.ts";

/** An OpenSMTPD of a host. */
export interface OpenSmtpd extends Relay {
  /** Has it try again at once what it could not send; its own first retry is 400 s later. */
  retry(): Promise<void>;
}

/** What one OpenSMTPD has of its own. */
export interface OpenSmtpdOptions {
  readonly name: string;
  /** Words that start a filter (smtpd-filters(7)), an absolute path first; it runs as nobody. */
  readonly filter?: string;
}

/** Its folders are fixed when it is compiled; the queue is in ours, to be seen from outside. */
const MOUNTS = `
mkdir -p "$0/spool"
mount --bind "$0/spool" /var/spool
mount -t tmpfs -o mode=755 tmpfs /var/lib
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p -m 711 /var/spool/smtpd
mkdir -p /var/lib/opensmtpd/empty
`;

/** Starts an OpenSMTPD on port 25 of all addresses of a host: a secondary of example.test, and a sender for its own host. */
export async function startOpenSmtpd(host: Host, { name, filter }: OpenSmtpdOptions): Promise<OpenSmtpd> {
  const folder = await makeServerFolder(OPEN_SMTPD_ACCOUNTS);
  const using = filter === undefined ? "" : 'filter "policy"';
  const config = `
${filter === undefined ? "" : `filter "policy" proc-exec "${filter}" user nobody group nogroup`}
${host.addresses.map((address) => `listen on ${address} port 25 hostname ${name} ${using}`).join("\n")}
action "out" relay helo ${name}
action "backup" relay backup mx "${name}" helo ${name}
match from src { ${host.addresses.join(", ")} } for any action "out"
match from any for domain "example.test" action "backup"
`;
  const queueGroup = OPEN_SMTPD_ACCOUNTS.find(({ name: group }) => group === "opensmtpq");
  const programs = join(packageFolder("opensmtpd"), "usr/sbin");
  const argv = [join(programs, "smtpd"), "-d", "-f", await folder.write("smtpd.conf", config)];
  const service = await startService({
    host,
    folder,
    argv,
    server: "opensmtpd",
    listensOn: 25,
    mounts: MOUNTS,
  });
  return {
    ...relayOf(service, "spool/smtpd/queue/*/*/message"),
    async retry() {
      await service.run(
        "setpriv",
        `--regid=${queueGroup?.id}`,
        "--clear-groups",
        join(programs, "smtpctl"),
        "schedule",
        "all",
      );
    },
  };
}
