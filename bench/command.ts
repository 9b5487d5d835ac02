/** A command to time, and what shows that it did its job. */
export type Command = {
  readonly argv: readonly string[];
  readonly exitStatus: number;
  /** All of its standard output, where that matters. */
  readonly prints?: string;
  /** Compiled by Bun: how such a file happens to lie in the page cache moves its start by up to 28 %. */
  readonly isCompiled?: true;
};

/** Runs a command once, and gives what is wrong with what came of it, or null. */
export async function faultOf(command: Command): Promise<string | null> {
  const child = Bun.spawn([...command.argv], { stdio: ["ignore", "pipe", "pipe"] });
  const [printed, errors] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  const fault = statusFault(command, await child.exited);
  if (fault !== null) return `${fault}\n${errors}`;
  if (command.prints === undefined || command.prints === printed) return null;
  return `expected ${JSON.stringify(command.prints)}, got ${JSON.stringify(printed)}, from: ${command.argv.join(" ")}`;
}

/** What is wrong with the exit status of a command that has ended, or null. */
export function statusFault({ argv, exitStatus }: Command, status: number | null): string | null {
  if (status === exitStatus) return null;
  return `expected exit status ${exitStatus}, got ${status}, from: ${argv.join(" ")}`;
}
