import { codeOf } from "../text/errors.ts";

/** Error codes that blame this machine: out of descriptors, memory or ports, or forbidden by its own rules (errno(3)). */
const OURS: ReadonlySet<string> = new Set([
  "EMFILE",
  "ENFILE",
  "ENOMEM",
  "ENOBUFS",
  "EACCES",
  "EPERM",
  "EADDRNOTAVAIL",
  "EAGAIN",
]);

/** Whether an error code says that this machine failed, and nothing about the far end. */
export function isOwnFailure(code: string): boolean {
  return OURS.has(code);
}

/** Whether an error code says that this process, or the machine, has no descriptor left. */
export function isWantOfDescriptors(code: string): boolean {
  return WANT_OF_DESCRIPTORS.has(code);
}

const WANT_OF_DESCRIPTORS: ReadonlySet<string> = new Set(["EMFILE", "ENFILE"]);

/**
 * The error code with which this machine refuses a descriptor just now; undefined when one can be had.
 * Bun 1.4.5 reports a connection or a lookup that found no descriptor as ECONNREFUSED or DNS_ENOTFOUND; opening the
 * null device tells the truth, and that there is none says nothing. Called on failing paths only, and without awaiting,
 * so that nothing is freed in between.
 */
export function descriptorShortage(): string | undefined {
  const fs = process.getBuiltinModule("node:fs");
  try {
    fs.closeSync(fs.openSync("/dev/null", "r"));
    return undefined;
  } catch (error) {
    const code = codeOf(error);
    return code !== undefined && WANT_OF_DESCRIPTORS.has(code) ? code : undefined;
  }
}
