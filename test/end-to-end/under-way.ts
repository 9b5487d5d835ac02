import { Signal } from "../fake/fake-connection.ts";
import { bareEnvironment, type Command, PATIENCE_MS, projectFolder, type Ran } from "./command.ts";

/** A run of the program that may not have ended yet; disposing of it kills it. */
export interface UnderWay extends AsyncDisposable {
  readonly ended: Promise<Ran>;
  /** Resolves with standard error as soon as it holds so many whole lines; rejects when the run ends before. */
  saidLines(count: number): Promise<string>;
  /** Kills it at once, as a crash would. */
  kill(): void;
}

/** Starts the program in a bare environment, without waiting for its end. */
export function start(command: Command, args: readonly string[]): UnderWay {
  const child = Bun.spawn([...command.argv, ...args], {
    cwd: projectFolder,
    env: bareEnvironment,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: PATIENCE_MS / 2,
    killSignal: "SIGKILL",
  });
  const changed = new Signal();
  let said = "";
  let isOver = false;
  const readAll = async () => {
    const decoder = new TextDecoder();
    for await (const octets of child.stderr) {
      said += decoder.decode(octets, { stream: true });
      changed.fire();
    }
    isOver = true;
    changed.fire();
  };
  const ended = Promise.all([child.exited, child.stdout.text(), readAll()]).then(([status, stdout]) => ({
    status,
    stdout,
    stderr: said,
  }));
  return {
    ended,
    async saidLines(count) {
      const isSaid = () => said.split("\n").length > count;
      await changed.until(() => isSaid() || isOver);
      if (!isSaid()) throw new Error(`It ended without saying ${count} lines: ${JSON.stringify(said)}`);
      return said;
    },
    kill: () => child.kill("SIGKILL"),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
