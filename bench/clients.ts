import { type CheckOptions, check, type Report } from "../index.ts";

/** What the library's process is to do. */
export type Task = {
  /** Probe addresses at hand and forget, probe new ones and keep the report, or leave probes of new ones pending. */
  readonly kind: keyof typeof TASKS;
  readonly servers: number;
  readonly options: Omit<CheckOptions, "signal">;
};

/** What came of a task, and what the library's process has used. */
export type Run = {
  readonly settled: number;
  /** How many greeted, or came as far as was asked. */
  readonly greeted: number;
  readonly elapsedMs: number;
  /** User and system time of the probes alone. */
  readonly cpuMs: number;
  readonly residentKib: number;
  /** The most memory the process has held resident so far. */
  readonly peakMemoryKib: number;
};

/** The library in a process of its own, kept running between tasks. */
export type LibraryClient = { run(task: Task): Promise<Run>; stop(): Promise<void> };

/** Long enough for every probe to be under way, and for the event loop to leave what it has run. */
const SETTLED_AFTER_MS = 300;

/** Different addresses of this machine's loopback interface, starting at 127.1.0.1. */
export function loopbackAddresses(count: number): readonly string[] {
  return Array.from(
    { length: count },
    (_, i) => `127.${1 + Math.floor(i / 62_500)}.${Math.floor(i / 250) % 250}.${1 + (i % 250)}`,
  );
}

/** Starts the library's process, with so many addresses at hand to probe; `idle` is that process before its first task. */
export async function startLibrary(atHand: number): Promise<LibraryClient & { readonly idle: Run }> {
  const child = Bun.spawn([process.execPath, import.meta.path, `${atHand}`], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = readLines(child.stdout);
  const nextRun = async (): Promise<Run> => {
    const { value, done } = await lines.next();
    if (done) throw new Error("The library's process ended before its runs were over");
    return JSON.parse(value);
  };
  return {
    idle: await nextRun(),
    async run(task) {
      child.stdin.write(`${JSON.stringify(task)}\n`);
      child.stdin.flush();
      return nextRun();
    },
    async stop() {
      child.kill();
      await child.exited;
    },
  };
}

async function* readLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, undefined> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  return undefined;
}

const IDLE = { settled: 0, greeted: 0, elapsedMs: 0, cpuMs: 0 };
const TASKS = { probe, keep, hold };
const atHand = import.meta.main ? loopbackAddresses(Number(process.argv[2])) : [];
const kept: Report[] = [];

async function probe({ servers, options }: Task) {
  const addresses = atHand.slice(0, servers);
  const [start, cpuBefore] = [performance.now(), process.cpuUsage()];
  const report = await check(addresses, options);
  const [elapsedMs, { user, system }] = [performance.now() - start, process.cpuUsage(cpuBefore)];
  const greeted = report.servers.filter(({ outcome }) =>
    ["greeted", "reached"].includes(outcome.kind),
  ).length;
  return { settled: report.servers.length, greeted, elapsedMs, cpuMs: (user + system) / 1_000 };
}

async function keep({ servers, options }: Task) {
  const report = await check(loopbackAddresses(servers), options);
  kept.push(report);
  await Bun.sleep(SETTLED_AFTER_MS);
  Bun.gc(true);
  return { ...IDLE, settled: report.servers.length };
}

async function hold({ servers, options }: Task) {
  check(loopbackAddresses(servers), options).catch(() => {});
  await Bun.sleep(SETTLED_AFTER_MS);
  Bun.gc(true);
  return IDLE;
}

async function tell(outcome: typeof IDLE): Promise<void> {
  const status = await Bun.file("/proc/self/status").text();
  /** The kernel's high-water mark of this program: unlike getrusage's, it does not begin with the parent's size. */
  const peakMemoryKib = Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]);
  const residentKib = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]);
  console.log(JSON.stringify({ ...outcome, residentKib, peakMemoryKib } satisfies Run));
}

if (import.meta.main) {
  await tell(IDLE);
  for await (const line of console) {
    const task: Task = JSON.parse(line);
    await tell(await TASKS[task.kind](task));
  }
}
