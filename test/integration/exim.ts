import { join } from "node:path";
import type { Command, RunOptions } from "../end-to-end/command.ts";
import type { Identity } from "./certificates.ts";
import {
  freePort,
  librariesOf,
  type PrivateServer,
  packageFolder,
  startPrivateServer,
} from "./private-server.ts";
import { inPrivate, makeServerFolder, type ServerFolder } from "./server-folder.ts";

/** An Exim with a configuration of its own, as a command to run. */
export interface Exim {
  readonly folder: ServerFolder;
  readonly command: Command;
  readonly options: RunOptions;
}

const ACCOUNT = { name: "Debian-exim", id: 60_005 };
const PACKAGE = "exim4-daemon-light";

/** Configures an Exim; the lines, in which FOLDER is its folder, go to the end of a file whose main part is made. */
export async function makeExim(
  lines: string,
  identity?: Identity,
  { name = "mx.test", interfaces = "127.0.0.1", hostLookup = "" } = {},
): Promise<Exim> {
  const folder = await makeServerFolder([ACCOUNT]);
  await folder.makeFolders(ACCOUNT, "spool", "log");
  const tls =
    identity === undefined ? "" : await folder.write("tls.pem", await Bun.file(identity.all).text());
  const config = `
FOLDER = ${folder.path}
primary_hostname = ${name}
spool_directory = ${folder.path}/spool
log_file_path = ${folder.path}/log/%s
pid_file_path = ${folder.path}/spool/pid
smtp_banner = ${name} ESMTP Exim
log_selector = +smtp_connection
local_interfaces = <; ${interfaces}
host_lookup = ${hostLookup}
keep_environment =
tls_advertise_hosts = ${tls === "" ? "" : "*"}
tls_certificate = ${tls}
${lines}
`;
  const argv = [
    join(packageFolder(PACKAGE), "usr/sbin/exim4"),
    "-C",
    await folder.write("exim.conf", config),
  ];
  const options = { under: inPrivate(folder), env: { LD_LIBRARY_PATH: librariesOf(PACKAGE) } };
  return { folder, command: { name: "exim", argv }, options };
}

/** Starts an Exim, by default one that takes one connection at a time. */
export async function startExim(lines = "smtp_accept_max = 1", identity?: Identity): Promise<PrivateServer> {
  const port = freePort();
  const { folder, command } = await makeExim(`daemon_smtp_ports = ${port}\n${lines}`, identity);
  return startPrivateServer({
    server: PACKAGE,
    folder,
    port,
    argv: [...command.argv, "-bdf"],
    logFile: join(folder.path, "log/main"),
  });
}
