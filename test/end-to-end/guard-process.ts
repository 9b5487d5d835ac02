import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Signal } from "../fake/fake-connection.ts";
import { bareEnvironment, type Command, projectFolder } from "./command.ts";

/** A `smtpdcheck serve` under way, with a folder of its own; disposing it ends it. */
export interface GuardProcess extends AsyncDisposable {
  readonly folder: string;
  readonly pid: number;
  /** Resolves when the log has a line that matches. */
  logged(pattern: RegExp): Promise<string>;
  /** All of the log so far. */
  log(): string;
  kill(signal: NodeJS.Signals): void;
  readonly exited: Promise<number>;
}

/** A folder that is gone when the test is. */
export function scratchFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "smtpdcheck-guard-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Starts it, and waits until it listens or has ended; `SOCKET` in an argument is a path in its folder. */
export async function startGuard(
  command: Command,
  args: readonly string[],
  { under = [] }: { readonly under?: readonly string[] } = {},
): Promise<GuardProcess> {
  const folder = mkdtempSync(join(tmpdir(), "smtpdcheck-guard-"));
  const argv = [
    ...under,
    ...command.argv,
    "serve",
    ...args.map((arg) => arg.replace("SOCKET", join(folder, "socket"))),
  ];
  const child = Bun.spawn(argv, {
    cwd: projectFolder,
    env: bareEnvironment,
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  let log = "";
  let hasEnded = false;
  const changed = new Signal();
  const read = async () => {
    const decoder = new TextDecoder();
    for await (const octets of child.stderr) {
      log += decoder.decode(octets, { stream: true });
      changed.fire();
    }
    hasEnded = true;
    changed.fire();
  };
  const reading = read();
  const logged = async (pattern: RegExp) => {
    await changed.until(() => hasEnded || log.split("\n").some((line) => pattern.test(line)));
    const line = log.split("\n").find((each) => pattern.test(each));
    if (line === undefined) throw new Error(`The guard ended without ${pattern}:\n${log}`);
    return line;
  };
  await changed.until(() => hasEnded || /msg=listening|"msg":"listening"/.test(log));
  return {
    folder,
    pid: child.pid,
    logged,
    log: () => log,
    kill: (signal) => child.kill(signal),
    exited: child.exited.then(async (status) => {
      await reading;
      return status;
    }),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** One client of the policy protocol. */
export interface PolicyClient extends Disposable {
  /** What a recipient comes to, without `action=`; further attributes replace the usual ones. */
  ask(recipient: string, more?: Readonly<Record<string, string>>): Promise<string>;
  /** Sends octets as they are. */
  send(text: string): void;
  /** Sends no more, and listens. */
  halfClose(): void;
  /** Resolves when the guard has closed the connection, with all that came in. */
  readonly closed: Promise<string>;
}

/** A request as Postfix sends it, but for what is not asked about. */
export function policyRequest(recipient: string, more: Readonly<Record<string, string>> = {}): string {
  const attributes = {
    request: "smtpd_access_policy",
    protocol_state: "RCPT",
    client_address: "198.51.100.10",
    client_name: "unknown",
    server_address: "127.0.0.12",
    sender: "a@client.test",
    recipient,
    sasl_username: "",
    ...more,
  };
  return `${Object.entries(attributes)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("")}\n`;
}

/** Connects to a unix socket, or to a port of 127.0.0.1. */
export async function policyClient(place: string | number): Promise<PolicyClient> {
  let received = "";
  let taken = 0;
  let isClosed = false;
  const changed = new Signal();
  const closed = Promise.withResolvers<string>();
  const handlers = {
    data(_: unknown, octets: Uint8Array) {
      received += Buffer.from(octets).toString();
      changed.fire();
    },
    close() {
      isClosed = true;
      closed.resolve(received);
      changed.fire();
    },
  };
  const socket =
    typeof place === "string"
      ? await Bun.connect({ unix: place, allowHalfOpen: true, socket: handlers })
      : await Bun.connect({ hostname: "127.0.0.1", port: place, allowHalfOpen: true, socket: handlers });
  return {
    async ask(recipient, more) {
      socket.write(policyRequest(recipient, more));
      await changed.until(() => isClosed || received.indexOf("\n\n", taken) !== -1);
      const end = received.indexOf("\n\n", taken);
      if (end === -1) throw new Error("The guard closed the connection");
      const [, action = ""] = /^action=(.*)$/.exec(received.slice(taken, end)) ?? [];
      taken = end + 2;
      return action;
    },
    send: (text) => void socket.write(text),
    halfClose: () => void socket.shutdown(),
    closed: closed.promise,
    [Symbol.dispose]: () => socket.terminate(),
  };
}
