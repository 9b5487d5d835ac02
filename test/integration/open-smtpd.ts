import { join } from "node:path";
import type { Identity } from "./certificates.ts";
import { freePort, type PrivateServer, packageFolder, startPrivateServer } from "./private-server.ts";
import { makeServerFolder } from "./server-folder.ts";

/** Who OpenSMTPD runs as, and its filters. */
export const OPEN_SMTPD_ACCOUNTS = [
  { name: "nogroup", id: 65_534 },
  { name: "opensmtpd", id: 60_003 },
  { name: "opensmtpq", id: 60_004 },
] as const;

/** OpenSMTPD's folders are fixed when it is compiled. */
const MOUNTS = `
mount -t tmpfs tmpfs /var/spool
mount -t tmpfs -o mode=755 tmpfs /var/lib
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -m 711 /var/spool/smtpd
mkdir -p /var/lib/opensmtpd/empty
`;

/** Starts an OpenSMTPD; with an identity it offers STARTTLS, and takes mail for its postmaster. */
export function startOpenSmtpd(identity?: Identity): Promise<PrivateServer> {
  const pki = identity && `pki mx.test cert "${identity.chain}"\npki mx.test key "${identity.key}"`;
  return startConfigured(
    (port) => `
${pki ?? ""}
listen on 127.0.0.1 port ${port} ${pki === undefined ? "" : "tls pki mx.test"} hostname mx.test
action "relay" relay
${pki === undefined ? "" : 'match from any for any rcpt-to "postmaster@mx.test" action "relay"'}
match from any for any reject
`,
  );
}

/** Starts an OpenSMTPD with a configuration for a port. */
export async function startConfigured(configure: (port: number) => string): Promise<PrivateServer> {
  const folder = await makeServerFolder(OPEN_SMTPD_ACCOUNTS);
  const port = freePort();
  const argv = [
    join(packageFolder("opensmtpd"), "usr/sbin/smtpd"),
    "-d",
    "-f",
    await folder.write("smtpd.conf", configure(port)),
  ];
  return startPrivateServer({ server: "opensmtpd", folder, port, argv, mounts: MOUNTS });
}
