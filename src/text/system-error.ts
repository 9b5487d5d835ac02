import { codeOf } from "./errors.ts";

/** Error codes of files and streams (errno(3)) in words. */
const WORDS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EBADF: "closed",
  EDQUOT: "no room on the disk",
  EISDIR: "a folder, not a file",
  EMFILE: "too many open files",
  ENFILE: "too many open files",
  ENOENT: "no such file",
  ENOSPC: "no room on the disk",
  ENOTDIR: "its folder is a file",
  EPERM: "permission denied",
  EPIPE: "broken pipe",
  EROFS: "read-only",
};

/** Why a file or stream could not be used, in a few words: the system's code put plainly, else what the error says. */
export function explainSystemError(error: unknown): string {
  const code = codeOf(error) ?? "";
  const message = error instanceof Error ? error.message : String(error);
  return WORDS[code] ?? (code === "" || message.includes(code) ? message : `${message} (${code})`);
}
