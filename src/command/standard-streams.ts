import { codeOf } from "../text/errors.ts";

const STANDARD_OUTPUT = 1;
const STANDARD_ERROR = 2;

let outputs: Bun.FileSink | undefined;
let errors: Bun.FileSink | undefined;
let isTaken: Promise<unknown> | undefined;

/**
 * Standard output and standard error, by Bun's own sinks: `node:fs`, `node:tty` and `Bun.write` each cost a start more
 * than all that smtpdcheck does (2 ms, 7 ms, two threads).
 */
export const standard = {
  /**
   * Writes to standard output, to the end.
   * @throws the system's error when it cannot.
   */
  async output(text: string): Promise<void> {
    outputs ??= openSink(Bun.stdout);
    if (outputs === undefined) return writeWithout(STANDARD_OUTPUT, text);
    outputs.write(text);
    await outputs.flush();
  },

  /** Writes to standard error. That nobody can read it changes nothing. */
  error(text: string): void {
    try {
      errors ??= openSink(Bun.stderr);
      if (errors === undefined) writeWithout(STANDARD_ERROR, text);
      errors?.write(text);
      const taken = errors?.flush();
      isTaken = taken instanceof Promise ? taken.catch(() => {}) : undefined;
    } catch {}
  },

  /** The same without a descriptor of its own, unless there is one: for what is said while servers may need it. */
  sparingError(text: string): void {
    if (errors !== undefined) {
      standard.error(text);
      return;
    }
    try {
      writeWithout(STANDARD_ERROR, text);
    } catch {}
  },

  /** Resolves when a slow reader of standard error has taken all that was written; the process may end then. */
  async taken(): Promise<void> {
    await isTaken;
  },

  /** What a reader has not taken by now is not waited for. */
  letGo(): void {
    isTaken = undefined;
  },

  /** Closes standard output for good: whoever reads it to its end need not wait for this process. */
  async closeOutput(): Promise<void> {
    try {
      await outputs?.end();
      process.getBuiltinModule("node:fs").closeSync(STANDARD_OUTPUT);
    } catch {}
  },

  /** Whether a stream goes to a terminal. */
  isTerminal(descriptor: 0 | 1 | 2): boolean {
    return isTerminalByBinding(descriptor) ?? process.getBuiltinModule("node:tty").isatty(descriptor);
  },
};

/** A sink has a descriptor of its own; undefined when none is left. */
function openSink(stream: Bun.BunFile): Bun.FileSink | undefined {
  try {
    return stream.writer();
  } catch (error) {
    const code = codeOf(error);
    if (code === "EMFILE" || code === "ENFILE") return undefined;
    throw error;
  }
}

function writeWithout(descriptor: 1 | 2, text: string): void {
  process.getBuiltinModule("node:fs").writeFileSync(descriptor, text);
}

/** What `node:tty` asks too, without the 7 ms of loading it; undefined should Bun ever take it away. */
function isTerminalByBinding(descriptor: number): boolean | undefined {
  try {
    const { binding }: { binding?: (name: string) => { isTTY?: (descriptor: number) => unknown } } = process;
    const answer = binding?.("tty_wrap").isTTY?.(descriptor);
    return typeof answer === "boolean" ? answer : undefined;
  } catch {
    return undefined;
  }
}
