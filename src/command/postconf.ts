import { ToldError } from "../text/errors.ts";
import { explainSystemError } from "../text/system-error.ts";

/** Postfix's own postconf(1) that cannot be run, or fails. */
export class PostconfError extends ToldError {
  override readonly name = "PostconfError";
}

const TIMEOUT_MS = 20_000;
/** Where it usually is, which is in few users' PATH. */
const SYSTEM_FOLDERS = "/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin";

/**
 * What postconf(1) prints.
 * @throws {PostconfError} when it is not there, cannot be run, or fails.
 */
export async function runPostconf(args: readonly string[]): Promise<string> {
  const { PATH = "" } = process.env;
  const path = Bun.which("postconf", { PATH: `${PATH}:${SYSTEM_FOLDERS}` });
  if (path === null) {
    throw new PostconfError(
      `Cannot run postconf: not found; want Postfix on this machine, or --main-cf and --master-cf with what it says elsewhere`,
    );
  }
  const command = ["postconf", ...args].join(" ");
  try {
    const child = Bun.spawn([path, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      timeout: TIMEOUT_MS,
      killSignal: "SIGKILL",
    });
    const [status, output, complaint] = await Promise.all([
      child.exited,
      child.stdout.text(),
      child.stderr.text(),
    ]);
    if (status === 0) return output;
    const [said = `exit status ${status}`] = complaint.split("\n").filter((line) => line !== "");
    throw new PostconfError(`Cannot run ${command}: ${said}`);
  } catch (error) {
    if (error instanceof ToldError) throw error;
    throw new PostconfError(`Cannot run ${command}: ${explainSystemError(error)}`);
  }
}
