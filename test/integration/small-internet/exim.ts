import { join } from "node:path";
import { makeExim } from "../exim.ts";
import { librariesOf, packageFolder } from "../private-server.ts";
import type { Host } from "./network.ts";
import { type Relay, relayOf } from "./relay.ts";
import { startService } from "./service.ts";

const PACKAGE = "exim4-daemon-light";
/** It runs itself anew as its own user, who can read the folder alone, and without set-user-ID the libraries are found. */
const MOUNTS = `
mkdir -p "$0/package"
mount --bind "${packageFolder(PACKAGE)}" "$0/package"
cp "$0/package/usr/sbin/exim4" "$0/exim"
`;

/** What one Exim has of its own. */
export interface EximOptions {
  readonly name: string;
  /** Statements of the ACL for RCPT, before the last `accept`. */
  readonly acl?: string;
  /** Lines of the main section. */
  readonly main?: string;
  /** Retry rules, before the one of two seconds for all. */
  readonly retry?: string;
}

/**
 * Starts an Exim on port 25 of all addresses of a host: a secondary of example.test, and a sender for its own host. Every
 * two seconds it tries again what it could not send.
 */
export async function startExim(
  host: Host,
  { name, acl = "", main = "", retry = "" }: EximOptions,
): Promise<Relay> {
  const own = host.addresses.join(" ; ");
  const libraries = librariesOf(PACKAGE).replaceAll(packageFolder(PACKAGE), "FOLDER/package");
  const config = `
exim_path = FOLDER/exim
deliver_drop_privilege
add_environment = <; LD_LIBRARY_PATH=${libraries}
daemon_smtp_ports = 25
acl_smtp_rcpt = acl_check_rcpt
domainlist relay_to_domains = example.test
hostlist relay_from_hosts = <; ${own}
queue_run_in_order
${main}
begin acl
acl_check_rcpt:
  accept hosts = +relay_from_hosts
  deny domains = !+relay_to_domains
    message = relay not permitted
${acl}
  accept
begin routers
relay:
  driver = dnslookup
  transport = smtp
begin transports
smtp:
  driver = smtp
  connect_timeout = 3s
begin retry
${retry}
* * F,1d,2s
`;
  const { folder, command } = await makeExim(config, undefined, { name, interfaces: own, hostLookup: "*" });
  const service = await startService({
    host,
    folder,
    argv: [...command.argv, "-bdf", "-q2s"],
    server: PACKAGE,
    mounts: MOUNTS,
    listensOn: 25,
    logFile: join(folder.path, "log/main"),
  });
  return relayOf(service, "spool/input/**/*-H");
}
