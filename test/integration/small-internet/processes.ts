import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/**
 * Signals every process of the PID namespace that this child of ours has made, again until there is no new one. Its
 * first process, a shell, does not take SIGTERM (pid_namespaces(7)), and ends behind the server.
 */
export function signalAll(unsharePid: number, signal: NodeJS.Signals): void {
  const namespace = namespaceOf(unsharePid);
  const signalled = new Set<string>();
  for (let added = -1; added !== signalled.size; ) {
    added = signalled.size;
    for (const pid of membersOf(namespace)) {
      if (signalled.has(pid)) continue;
      signalled.add(pid);
      try {
        process.kill(Number(pid), signal);
      } catch {}
    }
  }
}

/** The PID namespace that this child of ours has made; undefined when it is gone. */
export function namespaceOf(unsharePid: number): string | undefined {
  return linkOf(`/proc/${unsharePid}/ns/pid_for_children`);
}

/** The processes of a namespace that live: a dead one may stand there, without a program, until this machine's first process notices it. */
export function membersOf(namespace: string | undefined): readonly string[] {
  if (namespace === undefined) return [];
  return readdirSync("/proc").filter(
    (pid) => linkOf(`/proc/${pid}/ns/pid`) === namespace && linkOf(`/proc/${pid}/exe`) !== undefined,
  );
}

/** Whether somebody listens, on a TCP port or the path of a socket, in a process's network. Asks the kernel (proc(5)) and not the port: a connection would be in the server's log. */
export function isListening(pid: number, where: number | string): boolean {
  const rows = (table: string) => textOf(`/proc/${pid}/net/${table}`).split("\n");
  if (typeof where === "string") return rows("unix").some((row) => row.endsWith(` ${where}`));
  const local = `:${where.toString(16).toUpperCase().padStart(4, "0")}`;
  return [...rows("tcp"), ...rows("tcp6")].some((row) => {
    const [, address, , state] = row.trim().split(/\s+/);
    return state === "0A" && address?.endsWith(local) === true;
  });
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** What a file holds; nothing when it is not there. */
export function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
