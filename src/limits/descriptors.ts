/** Descriptors left for name lookups, files and Bun itself. */
const RESERVE = 8;

/**
 * How many more descriptors this process can use for connections, by its limit (RLIMIT_NOFILE, which Bun raises to its
 * hard value); not less than none, infinite where it cannot be told.
 */
export function descriptorRoom(): number {
  const fs = process.getBuiltinModule("node:fs");
  try {
    const [, limit] = /^Max open files\s+(\d+)/m.exec(fs.readFileSync("/proc/self/limits", "utf8")) ?? [];
    if (limit === undefined) return Number.POSITIVE_INFINITY;
    return Math.max(0, Number(limit) - fs.readdirSync("/proc/self/fd").length - RESERVE);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

const lenders = new Set<() => boolean>();

/** Something holds descriptors that it can do without: `giveBack` closes them, and says whether it held any. */
export function lendDescriptors(giveBack: () => boolean): void {
  lenders.add(giveBack);
}

/** It holds none any more. */
export function stopLending(giveBack: () => boolean): void {
  lenders.delete(giveBack);
}

/** Takes back what can be done without; false when there was nothing. */
export function takeBackDescriptors(): boolean {
  let isAny = false;
  for (const giveBack of lenders) isAny = giveBack() || isAny;
  return isAny;
}
