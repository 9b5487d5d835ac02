import { existsSync } from "node:fs";
import { join } from "node:path";
import { librariesOf, packageFolder } from "./private-server.ts";
import type { Question } from "./zoo-server.ts";

/** What is asked of which server. */
export interface Inquiry {
  readonly question: Question;
  readonly port: number;
  /** The name that the certificate must have. */
  readonly name: string;
}

/** What another client says of a server: whether it is well, null when it came to no end, and its words for that. */
export interface Opinion {
  readonly isGood: boolean | null;
  /** Exit status and one word. */
  readonly words: string;
}

/** How every client introduces itself, and whom it asks for. */
export const HELO = "client.test";
export const RECIPIENT = "postmaster@mx.test";
/** Each client's patience with one step, in seconds. */
export const PATIENCE_S = 3;
/** Longer than any of them takes that ends. */
const TOO_LONG_MS = 14_000;

interface Output {
  readonly status: number;
  readonly text: string;
}

/** A client of somebody else's. */
export interface Tool {
  readonly name: string;
  /** How far it can be asked to go. */
  readonly questions: readonly Question[];
  /** The package that fetch-mail-servers.sh unpacks it from. */
  readonly fromPackage: string;
  argv(inquiry: Inquiry, authority: string): readonly string[];
  /** Its verdict, without a word for what is none, such as a library that is missing. */
  read(output: Output, question: Question): { readonly isGood: boolean; readonly word: string | undefined };
}

const NAGIOS_WORDS = ["OK", "WARNING", "CRITICAL", "UNKNOWN"] as const;
const SWAKS_WORDS: Readonly<Record<number, string>> = {
  0: "ok",
  2: "connect",
  6: "closed",
  21: "banner",
  22: "ehlo",
  23: "mail",
  24: "rcpt",
  29: "tls",
  32: "ehlo-after-tls",
};
/** Where Debian has modules of Perl. */
const PERL_FOLDERS = ["usr/share/perl5", "usr/share/perl/5*", "usr/lib/*/perl5/5*", "usr/lib/*/perl/5*"].map(
  (pattern) => new Bun.Glob(pattern),
);
/** What posttls-finger says last, and the word for it. */
const FINGER_WORDS: readonly (readonly [RegExp, string])[] = [
  [/^posttls-finger: Failed to establish/m, "connect"],
  [/^posttls-finger: (?:SMTP service not available|.* while reading server greeting)/m, "greeting"],
  [/^posttls-finger: (?:EHLO rejected|.* while sending EHLO)/m, "ehlo"],
  [/^posttls-finger: (?:STARTTLS rejected|SSL_connect error)/m, "tls"],
  [/^posttls-finger: Verified TLS connection/m, "verified"],
  [/^posttls-finger: Untrusted TLS connection/m, "untrusted"],
  [/^posttls-finger: < 221/m, "answered"],
];

/** The clients, each asked as its manual says for the same as we are. */
export const TOOLS: readonly Tool[] = [
  {
    name: "check_smtp",
    questions: ["ehlo", "starttls", "rcpt"],
    fromPackage: "monitoring-plugins-basic",
    argv({ question, port }) {
      const program = join(packageFolder(this.fromPackage), "usr/lib/nagios/plugins/check_smtp");
      const how = {
        ehlo: [],
        starttls: ["-S", "-D", "1"],
        rcpt: ["-S", "-C", "MAIL FROM:<>", "-R", "250", "-C", `RCPT TO:<${RECIPIENT}>`, "-R", "250"],
      }[question];
      return [program, "-H", "127.0.0.1", "-p", `${port}`, "-F", HELO, "-t", `${PATIENCE_S}`, ...how];
    },
    read: ({ status }) => ({ isGood: status === 0, word: NAGIOS_WORDS[status] }),
  },
  {
    name: "posttls-finger",
    questions: ["ehlo", "starttls"],
    fromPackage: "postfix",
    argv({ question, port, name }, authority) {
      const program = join(packageFolder(this.fromPackage), "usr/sbin/posttls-finger");
      const patience = ["-t", `${PATIENCE_S}`, "-T", `${PATIENCE_S}`, "-o", `myhostname=${HELO}`];
      const how = question === "ehlo" ? ["-l", "none"] : ["-l", "secure", "-F", authority, "-s", name];
      const match = question === "ehlo" ? [] : [name];
      return [program, ...patience, ...how, `[127.0.0.1]:${port}`, ...match];
    },
    read({ text }, question) {
      const word = FINGER_WORDS.find(([pattern]) => pattern.test(text))?.[1];
      return { isGood: word === (question === "ehlo" ? "answered" : "verified"), word };
    },
  },
  {
    name: "swaks",
    questions: ["ehlo", "starttls", "rcpt"],
    fromPackage: "swaks",
    argv({ question, port, name }, authority) {
      const program = join(packageFolder(this.fromPackage), "usr/bin/swaks");
      const basics = ["--server", "127.0.0.1", "--port", `${port}`, "--helo", HELO, "--from", "<>"];
      const patience = ["--to", RECIPIENT, "--timeout", `${PATIENCE_S}`];
      const how = ["--tls", "--tls-verify", "--tls-ca-path", authority, "--tls-sni", name];
      const until = { ehlo: "FIRST-HELO", starttls: "HELO", rcpt: "RCPT" }[question];
      return [
        "perl",
        program,
        ...basics,
        ...patience,
        ...(question === "ehlo" ? [] : how),
        "--quit-after",
        until,
      ];
    },
    read: ({ status }) => ({ isGood: status === 0, word: SWAKS_WORDS[status] }),
  },
];

/** What this machine lacks to run them; undefined if nothing. */
export function lackingTools(): string | undefined {
  const lacking = TOOLS.filter(({ fromPackage }) => !existsSync(packageFolder(fromPackage)));
  if (lacking.length === 0) return Bun.which("perl") === null ? "perl is not installed" : undefined;
  const names = lacking.map(({ name }) => name).join(" and ");
  return `${names} not there: run bash test/integration/fetch-mail-servers.sh`;
}

/** Writes what the clients want to find in their home folder: posttls-finger does nothing without these accounts. */
export async function furnish(home: string): Promise<void> {
  await Bun.write(
    join(home, "main.cf"),
    "compatibility_level = 3.6\nmail_owner = mail\nsetgid_group = daemon\n",
  );
}

/**
 * Asks a client; undefined where it cannot go as far.
 * @throws Error when it said nothing of the server.
 */
export async function opinionOf(
  tool: Tool,
  inquiry: Inquiry,
  authority: string,
  home: string,
): Promise<Opinion | undefined> {
  if (!tool.questions.includes(inquiry.question)) return undefined;
  const at = packageFolder(tool.fromPackage);
  const perl = PERL_FOLDERS.flatMap((each) => [
    ...each.scanSync({ cwd: at, onlyFiles: false, absolute: true }),
  ]);
  const child = Bun.spawn([...tool.argv(inquiry, authority)], {
    cwd: home,
    env: {
      PATH: process.env["PATH"],
      HOME: home,
      MAIL_CONFIG: home,
      LD_LIBRARY_PATH: librariesOf(tool.fromPackage),
      PERL5LIB: perl.join(":"),
    },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: TOO_LONG_MS,
    killSignal: "SIGKILL",
  });
  const [status, out, err] = await Promise.all([child.exited, child.stdout.text(), child.stderr.text()]);
  if (child.signalCode !== null) return { isGood: null, words: "killed" };
  const text = out + err;
  const { isGood, word } = tool.read({ status, text }, inquiry.question);
  if (word === undefined) throw new Error(`${tool.name} has ended with ${status}: ${text}`);
  return { isGood, words: `${status} ${word}` };
}
