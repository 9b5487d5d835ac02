import { bareEnvironment, type Command, projectFolder } from "./command.ts";

/** What a person has seen of a run on a terminal. */
export interface Shown {
  readonly status: number;
  /** Both outputs, in the order written. */
  readonly shown: string;
}

/** Whether there is `script`(1) of util-linux, which makes pseudo-terminals. */
export const hasTerminals = Bun.which("script") !== null;

/** Runs the program on a pseudo-terminal of so many columns; 0 for one that does not tell its width. */
export async function runOnTerminal(
  command: Command,
  args: readonly string[],
  columns: number,
  env: Readonly<Record<string, string>> = {},
): Promise<Shown> {
  const words = [...command.argv, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
  const line = `stty cols ${columns} && exec ${words.join(" ")}`;
  const child = Bun.spawn(["script", "-qec", line, "/dev/null"], {
    cwd: projectFolder,
    env: { ...bareEnvironment, TERM: "xterm-256color", ...env },
    stdin: "ignore",
    stderr: "ignore",
  });
  const shown = await child.stdout.text();
  return { status: await child.exited, shown };
}
