import { join } from "node:path";
import { packageFolder } from "../private-server.ts";
import { makeServerFolder } from "../server-folder.ts";
import type { Host } from "./network.ts";
import { type Relay, relayOf } from "./relay.ts";
import { startService } from "./service.ts";

/** What one Sendmail has of its own. */
export interface SendmailOptions {
  readonly name: string;
  /** Lines put behind all others of its sendmail.mc. */
  readonly mc?: string;
}

const FILES = join(packageFolder("sendmail-bin"), "usr");
const CF = join(FILES, "share/sendmail/cf");
/**
 * Sendmail trusts no file below a folder that all may write to, such as /tmp; without set-group-ID its libraries are
 * found.
 */
const MOUNTS = `
mount --bind "$0" /mnt
cp "${FILES}/libexec/sendmail/sendmail" /mnt/sendmail
"${FILES}/bin/m4" -D_CF_DIR_="${CF}/" "${CF}/m4/cf.m4" /mnt/sendmail.mc >/mnt/sendmail.cf
`;

/**
 * Starts a Sendmail on port 25 of all addresses of a host: a secondary of example.test, which tries again every 2 s. Its
 * log is what was said on its connections.
 */
export async function startSendmail(host: Host, { name, mc = "" }: SendmailOptions): Promise<Relay> {
  const folder = await makeServerFolder([]);
  await folder.makeFolders({ name: "root", id: 0 }, "mqueue");
  await folder.write("sendmail.mc", `${configLines(host, name)}\n${mc}\n`);
  const service = await startService({
    host,
    folder,
    argv: ["/mnt/sendmail", "-bD", "-q2s", "-C/mnt/sendmail.cf", "-X/mnt/log"],
    server: "sendmail-bin",
    listensOn: 25,
    mounts: MOUNTS,
    logFile: join(folder.path, "log"),
  });
  return relayOf(service, "mqueue/qf*");
}

function configLines({ addresses }: Host, name: string): string {
  const daemons = addresses.map((address, index) => {
    const family = address.includes(":") ? "inet6" : "inet";
    return `DAEMON_OPTIONS(\`Name=MTA${index}, Family=${family}, Addr=${address}, Port=25')dnl`;
  });
  return `
OSTYPE(\`linux')dnl
undefine(\`ALIAS_FILE')dnl
define(\`confDOMAIN_NAME', \`${name}')dnl
define(\`QUEUE_DIR', \`/mnt/mqueue')dnl
define(\`STATUS_FILE', \`/mnt/statistics')dnl
define(\`confPID_FILE', \`/mnt/pid')dnl
define(\`confTO_CONNECT', \`3s')dnl
define(\`confTO_ICONNECT', \`3s')dnl
define(\`confTO_IDENT', \`0')dnl
FEATURE(\`no_default_msa')dnl
RELAY_DOMAIN(\`example.test')dnl
${daemons.join("\n")}
MAILER(\`local')dnl
MAILER(\`smtp')dnl
`;
}
