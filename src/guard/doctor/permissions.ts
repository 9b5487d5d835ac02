/** A user of the system, as far as files care. */
export interface Account {
  readonly name: string;
  readonly user: number;
  readonly groups: ReadonlySet<number>;
}

/** Something in the file system, with who may use it. */
export interface Node {
  readonly path: string;
  readonly user: number;
  readonly group: number;
  readonly mode: number;
}

const ROOT = 0;
const WRITE = 0o2;
const SEARCH = 0o1;
const PERMISSIONS = 0o777;

/**
 * Finds a user and the groups that it is in.
 * @param passwd the text of /etc/passwd
 * @param group the text of /etc/group
 */
export function findAccount(name: string, passwd: string, group: string): Account | undefined {
  const [, , user, own] = rows(passwd).find(([each]) => each === name) ?? [];
  if (user === undefined || own === undefined) return undefined;
  const others = rows(group).filter(([, , , members = ""]) => members.split(",").includes(name));
  return {
    name,
    user: Number(user),
    groups: new Set([Number(own), ...others.map(([, , number]) => Number(number))]),
  };
}

/** What keeps a user from connecting to a socket (unix(7): search the folders, write the socket); null for nothing. */
export function obstacleFor(account: Account, folders: readonly Node[], socket: Node): string | null {
  if (account.user === ROOT) return null;
  const shut = folders.find((folder) => !may(account, folder, SEARCH));
  const blocking = shut ?? (may(account, socket, WRITE) ? undefined : socket);
  if (blocking === undefined) return null;
  const { path, user, group, mode } = blocking;
  const right = shut === undefined ? "write" : "search";
  const mend =
    shut === undefined
      ? `give serve --policy '…?owner=${account.name}&mode=0660'`
      : `chmod it, or put the socket below the queue directory`;
  return `${path} has mode ${(mode & PERMISSIONS).toString(8).padStart(4, "0")}, user ${user} and group ${group}, and ${account.name} (${account.user}) may not ${right} it: ${mend}`;
}

/** The first class that fits decides, even where a later one would give more (path_resolution(7)). */
function may({ user, groups }: Account, node: Node, right: number): boolean {
  const shift = node.user === user ? 6 : groups.has(node.group) ? 3 : 0;
  return ((node.mode >> shift) & right) === right;
}

function rows(text: string): readonly (readonly string[])[] {
  return text.split("\n").map((line) => line.split(":"));
}
