import { utimes } from "node:fs/promises";
import { join } from "node:path";
import { freePort, type PrivateServer, packageFolder, startPrivateServer } from "./private-server.ts";
import { makeServerFolder, type ServerFolder } from "./server-folder.ts";

/** Entries of master(5), without the address. */
const PUBLIC_SERVICES = {
  smtpd: "inet n - n - - smtpd",
  "smtpd in a chroot": "inet n - y - - smtpd",
  "smtpd for one connection a client": "inet n - n - - smtpd -o smtpd_client_connection_count_limit=1",
  smtps: "inet n - n - - smtpd -o smtpd_tls_wrappermode=yes",
  postscreen: "inet n - n - 1 postscreen",
} as const;

const INTERNAL_SERVICES = `
smtpd pass - - n - - smtpd
anvil unix - - n - 1 anvil
cleanup unix n - n - 0 cleanup
postlog unix-dgram n - n - 1 postlogd
proxymap unix - - n - - proxymap
rewrite unix - - n - - trivial-rewrite
tlsmgr unix - - n 1000? 1 tlsmgr
tlsproxy unix - - n - 0 tlsproxy
`;
/** Whom a Postfix runs as. */
export const OWNER = { name: "postfix", id: 60_001 };
const SETGID_GROUP = { name: "postdrop", id: 60_002 };
/** Postfix waits until its main.cf has been left alone for two seconds. */
const LONG_AGO = 0;
const QUEUES = [
  ...[
    "active",
    "bounce",
    "corrupt",
    "defer",
    "deferred",
    "flush",
    "hold",
    "incoming",
    "maildrop",
    "pid",
    "private",
  ],
  ...["public", "saved", "trace"],
] as const;

const LOOPBACK = `
myhostname = mx.test
mydestination = mx.test
local_recipient_maps = inline:{ postmaster=here, user=here }
mynetworks = 192.0.2.0/24
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtpd_peername_lookup = no
postscreen_cache_map =
postscreen_greet_wait = 2s
`;

/** A Postfix with a configuration of its own, as words to run. */
export interface Postfix {
  readonly folder: ServerFolder;
  readonly argv: readonly string[];
  readonly logFile: string;
}

/** Configures a Postfix with lines of main.cf, the last one of a name counting, and all lines of its master.cf. */
export async function makePostfix(main: string, master: string): Promise<Postfix> {
  const libraries = join(packageFolder("postfix"), "usr/lib/postfix");
  const folder = await makeServerFolder([OWNER, SETGID_GROUP]);
  await folder.makeFolders({ name: "root", id: 0 }, "etc", "queue");
  await folder.makeFolders(OWNER, "data", ...QUEUES.map((queue) => `queue/${queue}`));
  const config = lastOfEach(`${mainConfig(folder.path, libraries)}\n${main}`);
  await utimes(await folder.write("etc/main.cf", config), LONG_AGO, LONG_AGO);
  await folder.write("etc/master.cf", master);
  await folder.write("etc/dynamicmaps.cf", "");
  return {
    folder,
    argv: [join(libraries, "sbin/master"), "-s", "-c", join(folder.path, "etc")],
    logFile: join(folder.path, "mail.log"),
  };
}

/** Starts a Postfix whose only public service is this one; the lines go to the ends of its main.cf and its master.cf. */
export async function startPostfix(
  service: keyof typeof PUBLIC_SERVICES,
  lines = "",
  services = "",
): Promise<PrivateServer> {
  const port = freePort();
  const master = `127.0.0.1:${port} ${PUBLIC_SERVICES[service]}\n${INTERNAL_SERVICES}${services}`;
  const postfix = await makePostfix(`${LOOPBACK}\n${lines}`, master);
  return startPrivateServer({ server: "postfix", port, ...postfix });
}

function mainConfig(path: string, libraries: string): string {
  return `
compatibility_level = 3.6
alias_maps =
queue_directory = ${path}/queue
data_directory = ${path}/data
meta_directory = ${path}/etc
daemon_directory = ${libraries}/sbin
shlib_directory = ${libraries}
import_environment = MAIL_CONFIG MAIL_LOGTAG POSTLOG_SERVICE POSTLOG_HOSTNAME LANG=C LD_LIBRARY_PATH
maillog_file = ${path}/mail.log
maillog_file_prefixes = ${path}
smtpd_client_event_limit_exceptions =
postscreen_access_list =
in_flow_delay = 0s
`;
}

/** Postfix warns, into the answers of its programs, of a name that is set twice. */
function lastOfEach(lines: string): string {
  const settings = lines.split(/\n(?=\S)/).map((setting) => setting.trimEnd());
  return [...new Map(settings.map((setting) => [setting.split(/\s*=/)[0], setting])).values(), ""].join("\n");
}
