import { cp } from "node:fs/promises";
import { join } from "node:path";
import { lackingServer, packageFolder } from "../private-server.ts";
import { makeServerFolder } from "../server-folder.ts";
import type { Host } from "./network.ts";
import { type Relay, relayOf } from "./relay.ts";
import { startService } from "./service.ts";

/** What one Haraka has of its own. */
export interface HarakaOptions {
  readonly name: string;
  /** Texts of plugins by their names; they come before the recipient's domain is looked at. */
  readonly plugins?: Readonly<Record<string, string>>;
  /** Files of its config folder, by name. */
  readonly config?: Readonly<Record<string, string>>;
}

const PROGRAM = join(packageFolder("haraka"), "node_modules/haraka");
/** Keeps mail for the primary; by itself Haraka would hand it on, or else to itself. */
const BACKUP = `
const outbound = require("./outbound");
exports.hook_queue = (next, connection) => outbound.send_trans_email(connection.transaction, next);
exports.hook_get_mx = (next) => next(OK, "mx1.example.test");
`;

/** Starts a Haraka on port 25 of all addresses of a host: a secondary of example.test, which tries again every 5 s. */
export async function startHaraka(
  host: Host,
  { name, plugins = {}, config = {} }: HarakaOptions,
): Promise<Relay> {
  const folder = await makeServerFolder([]);
  const listens = host.addresses.map((address) =>
    address.includes(":") ? `[${address}]:25` : `${address}:25`,
  );
  const files = {
    "config/me": `${name}\n`,
    "config/smtp.ini": `listen=${listens.join(",")}\nnodes=0\n`,
    "config/host_list": "example.test\n",
    "config/outbound.ini": "temp_fail_intervals=5s*1000\nconnect_timeout=3\n",
    "config/plugins": [...Object.keys(plugins), "rcpt_to.in_host_list", "backup", ""].join("\n"),
    "plugins/backup.js": BACKUP,
  };
  await folder.makeFolders({ name: "root", id: 0 }, "queue");
  await cp(join(PROGRAM, "config"), join(folder.path, "config"), { recursive: true });
  for (const [file, text] of Object.entries(files)) await folder.write(file, text);
  for (const [file, text] of Object.entries(plugins)) await folder.write(`plugins/${file}.js`, text);
  for (const [file, text] of Object.entries(config)) await folder.write(`config/${file}`, text);
  const service = await startService({
    host,
    folder,
    argv: ["node", join(PROGRAM, "bin/haraka"), "-c", folder.path],
    listensOn: 25,
  });
  return relayOf(service, "queue/*");
}

/** What this machine lacks to run Haraka; undefined if nothing. */
export function lackingHaraka(): string | undefined {
  return Bun.which("node") === null ? "node is not installed" : lackingServer("haraka");
}
