import { chmod, copyFile } from "node:fs/promises";
import { join } from "node:path";
import {
  lackingServer,
  librariesOf,
  type PrivateServer,
  packageFolder,
  startPrivateServer,
} from "./private-server.ts";
import { makeServerFolder } from "./server-folder.ts";

const PACKAGE = "sendmail-bin";

/** What this machine lacks to run Sendmail; undefined if nothing. */
export function lackingSendmail(): string | undefined {
  return lackingServer(PACKAGE) ?? (m4() === null ? "m4 is not there" : undefined);
}

/** Starts a Sendmail that takes mail for example.test, with these lines at the end of its sendmail.mc. */
export async function startSendmail(port: number, lines: string): Promise<PrivateServer> {
  const folder = await makeServerFolder([]);
  await folder.makeFolders({ name: "root", id: 0 }, "queue");
  await folder.write("switch", "hosts files\naliases files\n");
  await folder.write("local-host-names", "");
  await folder.write("lines.m4", lines);
  const macros = join(packageFolder(PACKAGE), "usr/share/sendmail/cf");
  const source = await folder.write("sendmail.mc", mainConfig(folder.path, macros, port));
  const made = Bun.spawnSync([m4() ?? "m4", `-D_CF_DIR_=${macros}/`, source], {
    env: { LD_LIBRARY_PATH: librariesOf(PACKAGE) },
  });
  const config = await folder.write("sendmail.cf", made.stdout.toString());
  // As it is installed it is set-group-ID, and finds no libraries by LD_LIBRARY_PATH.
  const program = join(folder.path, "sendmail");
  await copyFile(join(packageFolder(PACKAGE), "usr/libexec/sendmail/sendmail"), program);
  await chmod(program, 0o755);
  const argv = [program, "-bD", "-C", config];
  return startPrivateServer({ server: PACKAGE, folder, port, argv });
}

function m4(): string | null {
  return Bun.which(join(packageFolder(PACKAGE), "usr/bin/m4")) ?? Bun.which("m4");
}

function mainConfig(path: string, macros: string, port: number): string {
  return `include(\`${macros}/m4/cf.m4')
OSTYPE(\`linux')
define(\`confPID_FILE',\`${path}/pid')
define(\`STATUS_FILE',\`${path}/statistics')
define(\`HELP_FILE',\`')
define(\`QUEUE_DIR',\`${path}/queue')
define(\`ALIAS_FILE',\`')
define(\`confCW_FILE',\`${path}/local-host-names')
define(\`confSERVICE_SWITCH_FILE',\`${path}/switch')
define(\`confDONT_PROBE_INTERFACES',\`True')
define(\`confDOMAIN_NAME',\`mx.test')
FEATURE(\`accept_unresolvable_domains')
FEATURE(\`nocanonify')
DAEMON_OPTIONS(\`Port=${port},Addr=127.0.0.1')
LOCAL_DOMAIN(\`example.test')
MAILER(\`smtp')
include(\`${path}/lines.m4')
`;
}
