/** Descriptors left for name lookups, files and Bun itself. */
const RESERVE = 8;

/**
 * How many connections may be open at a time: as many as wanted, but fewer when the descriptor limit of this process
 * (RLIMIT_NOFILE, which Bun raises to its hard value) leaves less room. At least one.
 */
export function connectionLimit(wanted: number): number {
  const fs = process.getBuiltinModule("node:fs");
  try {
    const [, limit] = /^Max open files\s+(\d+)/m.exec(fs.readFileSync("/proc/self/limits", "utf8")) ?? [];
    if (limit === undefined) return wanted;
    const free = Number(limit) - fs.readdirSync("/proc/self/fd").length - RESERVE;
    return Math.max(1, Math.min(wanted, free));
  } catch {
    return wanted;
  }
}
