import { join } from "node:path";
import type { Identity } from "./certificates.ts";
import { freePort, type PrivateServer, packageFolder, startPrivateServer } from "./private-server.ts";
import { makeServerFolder } from "./server-folder.ts";

/** A Dovecot with one user. */
export interface Dovecot extends PrivateServer {
  /** LMTP, over TCP (as `port`) and here. */
  readonly lmtpSocket: string;
  /** Submission, which relays. */
  readonly submissionPort: number;
  /** Where Postfix asks it about logins (smtpd_sasl_path). */
  readonly saslSocket: string;
}

/** How it is run. */
export interface DovecotOptions {
  readonly identity: Identity;
  readonly user: string;
  readonly password: string;
  /** The port on loopback that its submission server relays to. */
  readonly relayPort?: number;
}

/** What it comes in, and what must be there besides. */
export const DOVECOT = "dovecot-core";
const MECHANISMS = "plain login cram-md5 scram-sha-256";
const ACCOUNTS = [
  { name: "dovecot", id: 60_006 },
  { name: "dovenull", id: 60_007 },
  { name: "vmail", id: 60_008 },
] as const;

/** Dovecot looks for its parts where they were to be installed: its namespace gets both folders with them added. */
const MOUNTS = `
mount -t tmpfs -o mode=755 tmpfs /mnt
for name in lib bin; do
  mkdir /mnt/real-$name /mnt/$name
  mount --bind /usr/$name /mnt/real-$name
  ln -s /mnt/real-$name/* /mnt/$name
done
ln -sfn "${packageFolder(DOVECOT)}/usr/lib/dovecot" /mnt/lib/dovecot
ln -sfn "${packageFolder(DOVECOT)}/usr/bin/doveconf" /mnt/bin/doveconf
mount --bind /mnt/lib /usr/lib
mount --bind /mnt/bin /usr/bin
`;

/** Starts a Dovecot that offers LMTP, submission and SASL. */
export async function startDovecot(options: DovecotOptions): Promise<Dovecot> {
  const folder = await makeServerFolder(ACCOUNTS);
  const [port, submissionPort] = [freePort(), freePort()];
  await folder.makeFolders({ name: "root", id: 0 }, "run", "state");
  await folder.makeFolders(ACCOUNTS[2], "mail");
  await folder.write("users", `${options.user}:{PLAIN}${options.password}::::::\n`);
  const config = configOf(folder.path, port, submissionPort, options);
  const server = await startPrivateServer({
    server: DOVECOT,
    folder,
    port,
    argv: [
      join(packageFolder(DOVECOT), "usr/sbin/dovecot"),
      "-F",
      "-c",
      await folder.write("dovecot.conf", config),
    ],
    mounts: MOUNTS,
    logFile: join(folder.path, "log"),
  });
  await server.logged(/starting up/);
  const sockets = {
    lmtpSocket: join(folder.path, "lmtp"),
    saslSocket: join(folder.path, "sasl"),
    submissionPort,
  };
  return { ...server, ...sockets };
}

function configOf(
  path: string,
  port: number,
  submissionPort: number,
  { identity, relayPort = 25 }: DovecotOptions,
): string {
  return `
protocols = lmtp submission
listen = 127.0.0.1
hostname = mx.test
base_dir = ${path}/run
state_dir = ${path}/state
log_path = ${path}/log
import_environment = LD_LIBRARY_PATH
mail_location = maildir:${path}/mail/%u
first_valid_uid = ${ACCOUNTS[2].id}
ssl = required
ssl_cert = <${identity.chain}
ssl_key = <${identity.key}
disable_plaintext_auth = yes
auth_mechanisms = ${MECHANISMS}
auth_failure_delay = 0
auth_verbose = yes
submission_relay_host = 127.0.0.1
submission_relay_port = ${relayPort}
submission_relay_trusted = no
passdb {
  driver = passwd-file
  args = ${path}/users
}
userdb {
  driver = passwd-file
  args = ${path}/users
  default_fields = uid=vmail gid=vmail home=${path}/mail/%u
}
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service auth {
  unix_listener ${path}/sasl {
    mode = 0666
  }
}
service lmtp {
  unix_listener ${path}/lmtp {
    mode = 0666
  }
  inet_listener lmtp {
    address = 127.0.0.1
    port = ${port}
  }
}
service submission-login {
  inet_listener submission {
    port = ${submissionPort}
  }
}
`;
}
