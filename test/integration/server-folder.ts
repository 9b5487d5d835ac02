import { chmod, chown, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** An account that exists for one private server only: a user, and its group of the same number. */
export interface Account {
  readonly name: string;
  readonly id: number;
}

/** A folder made for one private server, with the accounts and host names that it alone sees. */
export interface ServerFolder {
  readonly path: string;
  /** Writes a file of the folder; resolves with its path. */
  write(name: string, text: string): Promise<string>;
  /** Makes folders in it, owned by an account. */
  makeFolders(owner: Account, ...names: readonly string[]): Promise<void>;
  remove(): Promise<void>;
}

/** The options of unshare(1) for namespaces whose processes all end when unshare does. */
export const PRIVATE = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"] as const;

const ALWAYS: readonly Account[] = [
  { name: "root", id: 0 },
  { name: "nobody", id: 65_534 },
];

const HOSTS = `
127.0.0.1 localhost
127.0.0.9 mx.test
`;

const MOUNTS = `
mount --bind "$0/passwd" /etc/passwd
mount --bind "$0/group" /etc/group
mount --bind "$0/hosts" /etc/hosts
`;

/** Makes the folder of a private server. */
export async function makeServerFolder(accounts: readonly Account[]): Promise<ServerFolder> {
  const path = await mkdtemp(join(tmpdir(), "smtpdcheck-server-"));
  await chmod(path, 0o755);
  const write = async (name: string, text: string) => {
    await Bun.write(join(path, name), text);
    return join(path, name);
  };
  const makeFolders = async (owner: Account, ...names: readonly string[]) => {
    for (const name of names) {
      await mkdir(join(path, name), { recursive: true });
      await chown(join(path, name), owner.id, owner.id);
    }
  };
  const all = [...ALWAYS, ...accounts];
  await write("passwd", all.map(({ name, id }) => `${name}:x:${id}:${id}::/nonexistent:/bin/sh\n`).join(""));
  await write("group", all.map(({ name, id }) => `${name}:x:${id}:\n`).join(""));
  await write("hosts", HOSTS);
  return { path, write, makeFolders, remove: () => rm(path, { recursive: true, force: true }) };
}

/**
 * The words that run a command where a folder's accounts and host names exist; the shell lines come first, with the
 * folder as `$0`. When this process or unshare ends, the kernel ends the shell and so everything in its PID namespace;
 * the shell stays for that, because a server that changes its user would be spared (prctl(2), PR_SET_PDEATHSIG).
 */
export function inPrivate({ path }: ServerFolder, shellLines = ""): readonly string[] {
  const shell = ["sh", "-ec", `${shellLines}\n${MOUNTS}\n"$@" || exit $?`, path];
  return ["setpriv", "--pdeathsig", "KILL", "unshare", ...PRIVATE, ...shell];
}
