import { join } from "node:path";
import { freePort, type PrivateServer, packageFolder, startPrivateServer } from "./private-server.ts";
import { makeServerFolder } from "./server-folder.ts";

/** Haraka looks up the name of each client: not outside this machine. */
const MOUNTS = 'mount --bind "$0/resolv.conf" /etc/resolv.conf\n';

/** Starts a Haraka that takes mail for example.test, with one plugin in front: its program and its settings. */
export async function startHaraka(mxguard: {
  readonly plugin: string;
  readonly settings: string;
}): Promise<PrivateServer> {
  const folder = await makeServerFolder([]);
  const port = freePort();
  await folder.write("plugins/mxguard.js", mxguard.plugin);
  await folder.write("config/mxguard.ini", mxguard.settings);
  await folder.write("config/plugins", "mxguard\nrcpt_to.in_host_list\n");
  await folder.write("config/host_list", "example.test\n");
  await folder.write("config/me", "mx.test\n");
  await folder.write("config/smtp.ini", `listen=127.0.0.1:${port}\nnodes=0\n`);
  const haraka = join(packageFolder("haraka"), "node_modules/haraka");
  await folder.write("config/connection.ini", await Bun.file(join(haraka, "config/connection.ini")).text());
  await folder.write("resolv.conf", "nameserver 127.0.0.1\n");
  const argv = [Bun.which("node") ?? "node", join(haraka, "bin/haraka"), "-c", folder.path];
  return startPrivateServer({ server: "haraka", folder, port, argv, mounts: MOUNTS });
}
