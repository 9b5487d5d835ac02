import { join } from "node:path";
import { playGuard } from "./demo-guard.ts";
import { fakeSmtpServer } from "./fake/smtp-server.ts";

interface Scene {
  readonly title: string;
  readonly args: readonly string[];
  readonly status: number;
  readonly moral: string;
}

const COMMAND = [process.execPath, join(import.meta.dir, "../index.ts")];

const MEANING: Readonly<Record<number, string>> = {
  0: "no server that counts is available",
  1: "a server that counts is available, and named on standard output",
  2: "an error, the question could not be answered",
};

using greets = fakeSmtpServer("S: 220 mx.example.test ESMTP\nC: QUIT", { hostname: loopback(11) });
using busy = fakeSmtpServer("S: 421 4.7.0 too busy\nC: QUIT", { hostname: loopback(12) });
const refuses = portNobodyListensOn(loopback(13));
using silent = fakeSmtpServer("", { hostname: loopback(14) });

const secondary = "127.0.0.20";

const scenes: readonly Scene[] = [
  {
    title: "The primary is up, the secondary is asked: should it take this mail?",
    args: [`10:${at(greets)}`, `20:${at(silent)}`],
    status: 1,
    moral: "No: tell the client to come back later. The silent server behind it was not waited for.",
  },
  {
    title: "All the others are down, each in its own way.",
    args: [`10:${at(busy)}`, `10:${at(refuses)}`, `20:${at(silent)}`],
    status: 0,
    moral: "Yes: take the mail. They were asked side by side, so this cost one timeout.",
  },
  {
    title: "The whole MX list, the secondary itself among it.",
    args: ["--stop", secondary, `10:${at(refuses)}`, `20:${secondary}`, `30:${at(greets)}`],
    status: 0,
    moral: "Only servers before the stop host count; it and those behind it were not asked.",
  },
  {
    title: "A misspelled option.",
    args: ["--timout", "1", at(greets)],
    status: 2,
    moral: "A guard that tests for status 1 or 0 is not fooled by a mistake.",
  },
];

console.log(`smtpdcheck tells which of your mail servers is up. For this demo, four pretend to be servers:

    ${at(greets)}  greets
    ${at(busy)}  is busy (421)
    ${at(refuses)}  refuses connections
    ${at(silent)}  accepts connections and stays silent`);

let surprises = 0;
for (const [index, scene] of scenes.entries()) surprises += (await play(index + 1, scene)) ? 0 : 1;

surprises += (await playGuard(scenes.length + 1, loopback(11))) ? 0 : 1;

console.log(
  "\nWhat it can do for a mail server, a shell script or CI: see README.md, or bun index.ts --help",
);
process.exit(surprises === 0 ? 0 : 1);

async function play(number: number, { title, args, status, moral }: Scene): Promise<boolean> {
  const shown = ["-v", "--timeout", "1", ...args];
  console.log(`\n${number}. ${title}\n\n    $ smtpdcheck ${shown.join(" ")}`);
  const startedAtMs = performance.now();
  const child = Bun.spawn([...COMMAND, ...shown], { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  const came = await child.exited;
  const seconds = ((performance.now() - startedAtMs) / 1_000).toFixed(1);
  console.log(labelled("stderr", stderr) + labelled("stdout", stdout));
  console.log(`    exit status ${came} after ${seconds} s: ${MEANING[came] ?? "unknown"}.`);
  console.log(came === status ? `    ${moral}` : `    This is a surprise: ${status} was due.`);
  return came === status;
}

function labelled(stream: string, output: string): string {
  return (output || "(nothing)\n").replace(/^(?=.)/gm, `    ${stream}  `);
}

function at({ hostname, port }: { readonly hostname: string; readonly port: number }): string {
  return `${hostname}:${port}`;
}

/** 127.0.0.`last` where the system answers to all of 127.0.0.0/8, as Linux does; else 127.0.0.1. */
function loopback(last: number): string {
  try {
    Bun.listen({ hostname: `127.0.0.${last}`, port: 0, socket: { data() {} } }).stop(true);
    return `127.0.0.${last}`;
  } catch {
    return "127.0.0.1";
  }
}

function portNobodyListensOn(hostname: string): { readonly hostname: string; readonly port: number } {
  const listener = Bun.listen({ hostname, port: 0, socket: { data() {} } });
  listener.stop(true);
  return { hostname, port: listener.port };
}
