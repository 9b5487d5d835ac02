import { pay, type Visit } from "./bot.ts";
import type { Host } from "./network.ts";
import { until } from "./until.ts";

/** One of many visits. */
export interface Knock {
  /** When its first recipient was answered, or it was given up, in milliseconds since the epoch. */
  readonly atMs: number;
  /** How long that took. */
  readonly tookMs: number;
  /** What its first recipient was told; what ended it, where that was before. */
  readonly answer: string;
  /** To the message. */
  readonly data?: string;
}

/** Visits made again and again until this is disposed of. */
export interface Knocking extends AsyncDisposable {
  /** So far. */
  knocks(): readonly Knock[];
  /** Resolves with the first that was answered since `afterMs` and is so. */
  first(isSo: (knock: Knock) => boolean, afterMs: number, withinMs?: number): Promise<Knock>;
  /** Ends when those that are under way have ended; resolves with all. */
  stop(): Promise<readonly Knock[]>;
}

/** What is put in a visit's words for its number. */
const NUMBER = "#";

/** Makes the same visit every so many milliseconds, whether the last has ended or not; `#` in its sender and subject is its number. */
export function knock(host: Host, visit: Visit, everyMs: number): Knocking {
  const argv = [process.execPath, import.meta.path, JSON.stringify(visit), `${everyMs}`];
  const child = Bun.spawn([...host.inside, ...argv], { stdio: ["pipe", "pipe", "inherit"] });
  const knocks: Knock[] = [];
  const read = async () => {
    let rest = "";
    for await (const octets of child.stdout) {
      const lines = (rest + Buffer.from(octets).toString()).split("\n");
      rest = lines.pop() ?? "";
      knocks.push(...lines.map((line) => JSON.parse(line)));
    }
  };
  const isRead = read();
  return {
    knocks: () => knocks,
    async first(isSo, afterMs, withinMs) {
      const find = () => knocks.find((each) => each.atMs >= afterMs && isSo(each));
      const complaint = () => `${host.name} sees none such: ${JSON.stringify(knocks.slice(-3))}`;
      await until(() => find() !== undefined, complaint, withinMs);
      return find() as Knock;
    },
    async stop() {
      child.stdin.end();
      await isRead;
      return knocks;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

/** Whether it was told to come again, with the exchanger's name. */
export function isDeferred({ answer }: Knock): boolean {
  return /^450 4\.3\.2 .*Please use mx1\.example\.test$/.test(answer);
}

/** Whether its recipient was taken. */
export function isLetIn({ answer }: Knock): boolean {
  return answer.startsWith("250 ");
}

async function knockOnce(visit: Visit, number: number): Promise<Knock> {
  const startedAtMs = Date.now();
  const numbered = (text: string) => text.replace(NUMBER, `${number}`);
  const { subject, sender = "bot@bot.test" } = visit;
  const { recipients, afterMs, data, end } = await pay({
    ...visit,
    sender: numbered(sender),
    ...(subject === undefined ? {} : { subject: numbered(subject) }),
  });
  const tookMs = afterMs[0] ?? Date.now() - startedAtMs;
  const answer = recipients[0] ?? end ?? "";
  return { atMs: startedAtMs + tookMs, tookMs, answer, ...(data === undefined ? {} : { data }) };
}

if (import.meta.main) {
  const visit: Visit = JSON.parse(Bun.argv[2] ?? "");
  const underWay = new Set<Promise<void>>();
  let number = 0;
  const timer = setInterval(() => {
    const made = knockOnce(visit, number).then((one) => {
      process.stdout.write(`${JSON.stringify(one)}\n`);
      underWay.delete(made);
    });
    underWay.add(made);
    number += 1;
  }, Number(Bun.argv[3]));
  await Bun.stdin.text();
  clearInterval(timer);
  await Promise.all(underWay);
  process.stdout.write("", () => process.exit());
}
