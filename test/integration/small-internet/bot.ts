import type { Host } from "./network.ts";

/** One connection of an SMTP client (RFC 5321 §3), straight to an address. */
export interface Visit {
  readonly to: string;
  /** 25, when it is left out. */
  readonly port?: number;
  /** The address that it speaks from, when its host has several. */
  readonly from?: string;
  readonly helo?: string;
  /** "" is the null sender. */
  readonly sender?: string;
  readonly recipients: readonly string[];
  /** The subject of a message, sent when a recipient was taken; without one, none is. */
  readonly subject?: string;
  /** Longest wait for a reply. */
  readonly timeoutMs?: number;
}

/** What came of it: the replies as they came, lines joined by a line feed; `end` says what ended it, if not QUIT. */
export interface Visited {
  readonly greeting?: string;
  /** One a recipient. */
  readonly recipients: readonly string[];
  /** To the message. */
  readonly data?: string;
  readonly end?: string;
  /** From the beginning until each recipient was answered. */
  readonly afterMs: readonly number[];
}

/** Makes visits from a host, all at the same time; it takes 0.1 s more than they do. */
export async function visit(host: Host, ...visits: readonly Visit[]): Promise<readonly Visited[]> {
  const child = Bun.spawn([...host.inside, process.execPath, import.meta.path, JSON.stringify(visits)], {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 120_000,
  });
  const [said, complaint] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (complaint !== "") throw new Error(`Cannot visit from ${host.name}: ${complaint}`);
  return JSON.parse(said);
}

/** Makes one visit from where this process is. */
export async function pay(visit: Visit): Promise<Visited> {
  const { helo = "bot.test", sender = "bot@bot.test", recipients, subject } = visit;
  const startedAtMs = performance.now();
  const seen: { greeting?: string; data?: string; end?: string } = {};
  const answers: string[] = [];
  const afterMs: number[] = [];
  try {
    using line = await connect(visit);
    seen.greeting = await line.reply();
    await line.say(`EHLO ${helo}`);
    await line.say(`MAIL FROM:<${sender}>`);
    for (const recipient of recipients) {
      answers.push(await line.say(`RCPT TO:<${recipient}>`));
      afterMs.push(Math.round(performance.now() - startedAtMs));
    }
    if (subject !== undefined && answers.some((answer) => answer.startsWith("2"))) {
      await line.say("DATA");
      seen.data = await line.say(`From: <${sender}>\r\nSubject: ${subject}\r\n\r\nText\r\n.`);
    }
    await line.say("QUIT");
  } catch (error) {
    seen.end = String(error);
  }
  return { ...seen, recipients: answers, afterMs };
}

interface Line extends Disposable {
  /** The next reply, all of its lines. */
  reply(): Promise<string>;
  say(words: string): Promise<string>;
}

async function connect({ to, port = 25, from, timeoutMs = 60_000 }: Visit): Promise<Line> {
  let unread = "";
  let ended: string | undefined;
  let wake = () => {};
  const end = (why: string) => {
    ended ??= why;
    wake();
  };
  const connecting = Bun.connect({
    hostname: to,
    port,
    ...(from === undefined ? {} : { localAddress: from }),
    socket: {
      data(_, octets) {
        unread += octets.toString();
        wake();
      },
      close: () => end("closed"),
      error: (_, error) => end(error.message),
    },
  });
  const late = Bun.sleep(timeoutMs).then(() => Promise.reject(new Error("no connection")));
  const socket = await Promise.race([connecting, late]);
  const reply = async () => {
    const timer = setTimeout(end, timeoutMs, "silent");
    try {
      for (;;) {
        const [whole] = /^(?:\d{3}-.*\r\n)*\d{3}(?: .*)?\r\n/.exec(unread) ?? [];
        if (whole !== undefined) {
          unread = unread.slice(whole.length);
          return whole.trimEnd().replaceAll("\r\n", "\n");
        }
        if (ended !== undefined) throw new Error(ended);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
    }
  };
  const say = (words: string) => {
    socket.write(`${words}\r\n`);
    return reply();
  };
  return { reply, say, [Symbol.dispose]: () => socket.end() };
}

if (import.meta.main) {
  const visits: readonly Visit[] = JSON.parse(Bun.argv[2] ?? "[]");
  process.stdout.write(JSON.stringify(await Promise.all(visits.map(pay))), () => process.exit());
}
