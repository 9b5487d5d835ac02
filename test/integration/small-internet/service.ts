import { join } from "node:path";
import { librariesOf } from "../private-server.ts";
import { inPrivate, type ServerFolder } from "../server-folder.ts";
import type { Host } from "./network.ts";
import { isListening, membersOf, namespaceOf, signalAll, textOf } from "./processes.ts";
import { until } from "./until.ts";

/** A program of a host that can be stopped and started again; disposing it kills it and removes its folder. */
export interface Service extends AsyncDisposable {
  readonly host: Host;
  readonly folder: ServerFolder;
  /** Starts it again; resolves when it listens. */
  start(): Promise<void>;
  /** Asks all of its processes to end (SIGTERM); resolves with the exit status, 143 when that was by the signal. */
  stop(): Promise<number | null>;
  /** As a power failure does: none of its processes gets a word in. */
  kill(): Promise<void>;
  /** Its processes do nothing any more, but the kernel goes on to accept connections for them. */
  pause(): void;
  resume(): void;
  /** To all of its processes. */
  signal(signal: NodeJS.Signals): void;
  /** Runs a command where the service lives, with its accounts and mounts; resolves with what it prints. */
  run(...words: readonly string[]): Promise<string>;
  /** All that it has logged since it was first started. */
  log(): string;
  /** Resolves with the log once a line matches. */
  logged(pattern: RegExp, withinMs?: number): Promise<string>;
}

/** How a service is run. */
export interface ServiceLaunch {
  readonly host: Host;
  readonly folder: ServerFolder;
  readonly argv: readonly string[];
  /** The TCP port that it listens on once it is up, or the path of its socket. */
  readonly listensOn: number | string;
  /** The package it is from, for the libraries that came with it. */
  readonly server?: string;
  /** Shell lines run in its mount namespace before it starts. */
  readonly mounts?: string;
  /** Its log, when that is not what it prints. */
  readonly logFile?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a service and resolves when it listens. */
export async function startService(launch: ServiceLaunch): Promise<Service> {
  const { host, folder, argv, listensOn } = launch;
  const output = join(folder.path, "output");
  const mounts = `exec >>"$0/output" 2>&1\n${launch.mounts ?? ""}`;
  const words = [...host.inside, ...inPrivate(folder, mounts), ...argv];
  const libraries = launch.server === undefined ? {} : { LD_LIBRARY_PATH: librariesOf(launch.server) };
  const env = { PATH: process.env["PATH"], ...libraries, ...launch.env };
  const spawn = () => Bun.spawn(words, { env, stdio: ["ignore", "ignore", "inherit"] });
  let child = spawn();
  const log = () => textOf(launch.logFile ?? output);
  const wait = (isSo: () => boolean, complaint: string, withinMs?: number) =>
    until(isSo, () => `${host.name}: ${argv[0]} ${complaint}:\n${textOf(output)}\n${log()}`, withinMs);
  const listening = async () => {
    await wait(() => child.exitCode !== null || isListening(child.pid, listensOn), "does not listen");
    if (child.exitCode !== null)
      throw new Error(`${host.name}: ${argv[0]} ended:\n${textOf(output)}\n${log()}`);
  };
  const kill = async () => {
    const namespace = namespaceOf(child.pid);
    child.kill("SIGKILL");
    await child.exited;
    await wait(() => membersOf(namespace).length === 0, "does not end");
  };
  const service: Service = {
    host,
    folder,
    async start() {
      child = spawn();
      await listening();
    },
    async stop() {
      signalAll(child.pid, "SIGTERM");
      await wait(() => child.exitCode !== null, "does not end");
      return child.exitCode;
    },
    kill,
    signal: (signal) => signalAll(child.pid, signal),
    pause: () => signalAll(child.pid, "SIGSTOP"),
    resume: () => signalAll(child.pid, "SIGCONT"),
    async run(...more) {
      const of = ["mnt", "net"].map(
        (kind) => `--${kind === "mnt" ? "mount" : kind}=/proc/${child.pid}/ns/${kind}`,
      );
      const { stdout } = await Bun.$`nsenter ${of} ${more}`.env(env).quiet();
      return stdout.toString();
    },
    log,
    async logged(pattern, withinMs) {
      await wait(() => pattern.test(log()), `does not log ${pattern}`, withinMs);
      return log();
    },
    async [Symbol.asyncDispose]() {
      await kill();
      await folder.remove();
    },
  };
  try {
    await listening();
  } catch (error) {
    await service[Symbol.asyncDispose]();
    throw error;
  }
  return service;
}
