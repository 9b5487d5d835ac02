import { join } from "node:path";
import { Signal } from "./fake/fake-connection.ts";
import { fakeNameServer } from "./fake/name-server.ts";
import { fakeSmtpServer } from "./fake/smtp-server.ts";

/** One recipient that the mail server asks about. */
interface Recipient {
  /** What is the case; it may take a while until the guard knows. */
  readonly what: string;
  readonly client: string;
  /** How the guard's answer begins when it knows. */
  readonly due: string;
  readonly moral: string;
}

/** A guard under way. */
interface Guard extends AsyncDisposable {
  readonly port: number;
  readonly command: string;
  /** Resolves when the log has a line with all of these words, to the last such line. */
  logged(...words: readonly string[]): Promise<string>;
}

const COMMAND = [process.execPath, join(import.meta.dir, "../index.ts")];
const GREETS = "S: 220 mx1.example.test ESMTP\nC: QUIT\nS: 221 2.0.0 Bye\n(close)";
const SECONDARY = "127.0.0.20";
const RECIPIENT = "user@example.test";
const ASK_AGAIN_MS = 250;
/** By then the guard knows, on a machine as busy as may be. */
const PATIENCE_MS = 30_000;

const DEFERRED = "action=DEFER_IF_PERMIT 4.3.2 Please use mx1.example.test";
const LET_IN = "action=DUNNO";

const [UP, DEAD, BACK]: readonly [Recipient, Recipient, Recipient] = [
  {
    what: "mx1 is up, and somebody comes to the secondary.",
    client: "198.51.100.10",
    due: DEFERRED,
    moral: "Postfix says 450 4.3.2: an honest sender goes to mx1, a bot goes away.",
  },
  {
    what: "mx1 dies. The guard looks every 4.75 s, and again after a second before it believes it: at most 7 s ...",
    client: "198.51.100.20",
    due: LET_IN,
    moral: "Postfix takes the mail, for nobody better is up.",
  },
  {
    what: "mx1 returns. The guard wants two greetings, 5 s apart, lest it flaps: at most 15 s ...",
    client: "198.51.100.30",
    due: DEFERRED,
    moral: "The secondary is shut again. Whoever keeps coming back all the same is let in after 8 minutes.",
  },
];

/** The second half of the demo: a guard, and a primary at this address that dies and returns; whether all went as it should. */
export async function playGuard(number: number, primary: string): Promise<boolean> {
  let mx1 = fakeSmtpServer(GREETS, { hostname: primary });
  const { port } = mx1;
  using dns = await fakeNameServer({
    "example.test": {
      MX: [
        [10, "mx1.example.test"],
        [20, "mx2.example.test"],
      ],
    },
    "mx1.example.test": { A: [primary] },
    "mx2.example.test": { A: [SECONDARY] },
  });
  await using guard = await startGuard(["--probe-loopback", "--dns", dns.address, "--port", String(port)]);
  console.log(`
${number}. The guard of a secondary. Its mail server asks at every recipient, as Postfix does, what to do.
   The exchangers of example.test are mx1 (${primary}) and, less preferred, this secondary (${SECONDARY}).

    $ ${guard.command}`);

  const wasDeferred = await play(guard, UP);
  mx1[Symbol.dispose]();
  const wasLetIn = await play(guard, DEAD);
  mx1 = fakeSmtpServer(GREETS, { hostname: primary, port });
  const isDeferred = await play(guard, BACK);
  mx1[Symbol.dispose]();
  return wasDeferred && wasLetIn && isDeferred;
}

async function play(guard: Guard, { what, client, due, moral }: Recipient): Promise<boolean> {
  console.log(`\n    ${what}`);
  const beganAtMs = performance.now();
  let answer = await ask(guard.port, client);
  while (answer !== due && performance.now() - beganAtMs < PATIENCE_MS) {
    await Bun.sleep(ASK_AGAIN_MS);
    answer = await ask(guard.port, client);
  }
  const seconds = ((performance.now() - beganAtMs) / 1_000).toFixed(1);
  const verdict = answer === LET_IN ? "let-in" : "deferred";
  console.log(`    after ${seconds} s
    asked   client_address=${client} recipient=${RECIPIENT}
    answer  ${answer}
    log     ${await guard.logged(`client=${client}`, `verdict=${verdict}`)}
    ${answer === due ? moral : `This is a surprise: ${due} was due.`}`);
  return answer === due;
}

/** Starts it on a free port. */
async function startGuard(args: readonly string[]): Promise<Guard> {
  const argv = ["serve", "--policy", "inet:127.0.0.1:0", ...args];
  const child = Bun.spawn([...COMMAND, ...argv], { stdin: "ignore", stdout: "inherit", stderr: "pipe" });
  const lines: string[] = [];
  const changed = new Signal();
  let hasEnded = false;
  const read = async () => {
    let rest = "";
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      const parts = (rest + text).split("\n");
      rest = parts.pop() ?? "";
      lines.push(...parts);
      changed.fire();
    }
    hasEnded = true;
    changed.fire();
  };
  void read();
  const logged = async (...words: readonly string[]) => {
    const has = (line: string) => words.every((word) => line.includes(word));
    await changed.until(() => hasEnded || lines.some(has));
    return lines.findLast(has) ?? `(it has ended: ${lines.at(-1)})`;
  };
  const [, port = ""] = /address=\S+:(\d+)(?: |$)/.exec(await logged("msg=listening")) ?? [];
  return {
    port: Number(port),
    command: ["smtpdcheck", ...argv].join(" ").replace(":0", `:${port}`),
    logged,
    async [Symbol.asyncDispose]() {
      child.kill();
      await child.exited;
    },
  };
}

/** The first line of the guard's answer. */
async function ask(port: number, client: string): Promise<string> {
  const request = [
    "request=smtpd_access_policy",
    "protocol_state=RCPT",
    `client_address=${client}`,
    `server_address=${SECONDARY}`,
    "sender=somebody@client.test",
    `recipient=${RECIPIENT}`,
  ];
  const { promise, resolve } = Promise.withResolvers<string>();
  let said = "";
  await Bun.connect({
    hostname: "127.0.0.1",
    port,
    allowHalfOpen: true,
    socket: {
      open(socket) {
        socket.write(`${request.join("\n")}\n\n`);
        socket.shutdown();
      },
      data(_, octets) {
        said += octets.toString();
      },
      close: () => resolve(said),
      error: (_, { message }) => resolve(message),
    },
  });
  return (await promise).split("\n")[0] ?? "";
}
