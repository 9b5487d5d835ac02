import { LOGS, UNUSABLE } from "./path.ts";

/** Writable by its group or by others. */
const WRITABLE_BY_OTHERS = 0o022;

/**
 * Why a cache file must not be believed: whoever can write it, or a log beside it, decides the answers. Undefined when
 * there is no reason, or no file.
 */
export function distrust(path: string): string | undefined {
  for (const part of ["", ...LOGS]) {
    const reason = distrustOne(path + part);
    if (reason !== undefined) return part === "" ? reason : `${path}${part}: ${reason}`;
  }
  return undefined;
}

function distrustOne(path: string): string | undefined {
  const found = process.getBuiltinModule("node:fs").lstatSync(path, { throwIfNoEntry: false });
  const user = process.geteuid?.();
  if (found === undefined || user === undefined) return undefined;
  if (found.isSymbolicLink()) return UNUSABLE["symbolic-link"];
  if (!found.isFile()) return UNUSABLE["no-file"];
  if (found.uid !== user) return "it belongs to another user, and is not believed";
  const mayOthersWrite = (found.mode & WRITABLE_BY_OTHERS) !== 0;
  return mayOthersWrite ? "others may write it, so that it is not believed" : undefined;
}

/** The path with symbolic links in its folder followed, so that the system can be told to follow none at the last step. */
export function realFolderOf(path: string): string {
  const { basename, dirname, join } = process.getBuiltinModule("node:path");
  try {
    return join(process.getBuiltinModule("node:fs").realpathSync(dirname(path)), basename(path));
  } catch {
    return path;
  }
}
