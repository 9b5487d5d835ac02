import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmod, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { version } from "../package.json";
import { DOCTOR_OPTIONS, DOCTOR_PAGE } from "../src/command/doctor-options.ts";
import { renderHelp } from "../src/command/help.ts";
import { HELP_PAGE } from "../src/command/help-page.ts";
import { OPTIONS, type OptionForm } from "../src/command/options.ts";
import { fakeNameServer } from "./fake/name-server.ts";
import { fakeSmtpServer } from "./fake/smtp-server.ts";
import { block, readme, section, session } from "./readme.ts";

const project = resolve(import.meta.dir, "..");
const manFile = join(project, "man/smtpdcheck.1");
const man = await Bun.file(manFile).text();
const help = await renderHelp(HELP_PAGE, version);
const doctorHelp = await renderHelp(DOCTOR_PAGE, version);
const [serverOne, serverTwo, serverThree] = ["127.0.0.11", "127.0.0.12", "127.0.0.13"] as const;
const GREETS = "S: 220 mx3.example.test ESMTP\nC: QUIT";
const BUSY = "S: 421 4.7.0 too busy\nC: QUIT";
const SOURCE = [process.execPath, join(project, "index.ts")];

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "smtpdcheck-documents-"));
  await mkdir(join(folder, "node_modules"));
  await mkdir(join(folder, "tools"));
  await symlink(project, join(folder, "node_modules/smtpdcheck"));
  await symlink(project, join(folder, "tools/smtpdcheck"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe("README", () => {
  const [newcomers = ""] = readme.split("## Recipes");

  test.each([
    ["npx --yes bun@1.4.5 run demo"],
    ["npx --yes bun@1.4.5 install --frozen-lockfile && npx --yes bun@1.4.5 test"],
    ["bun run demo"],
    ["bun install --frozen-lockfile && bun test"],
  ])("gives the newcomer `%s` as one line", (command) => {
    expect(newcomers).toContain(`\n\`\`\`sh\n${command}\n\`\`\`\n`);
  });

  test("marks the test command that CI runs", () => {
    expect(readme.split("<!-- ci: tests, Node only -->\n```sh\nnpx --yes bun@1.4.5 install")).toHaveLength(2);
  });

  test("names Bun in the version that package.json asks for", async () => {
    const { packageManager } = await Bun.file(join(project, "package.json")).json();
    expect(new Set(readme.match(/bun@[\d.]+/g))).toEqual(new Set([packageManager]));
  });

  test("links to files and headings that there are", async () => {
    const anchors = [...readme.matchAll(/^##+ (.*)$/gm)].map(([, title = ""]) => {
      return `#${title
        .toLowerCase()
        .replace(/[^\w -]/g, "")
        .replaceAll(" ", "-")}`;
    });
    for (const [, target = ""] of readme.matchAll(/\]\((?!https?:)(.*?)\)/g)) {
      expect(anchors.includes(target) || (await Bun.file(join(project, target)).exists()), target).toBe(true);
    }
  });

  test("library example does what it says", async () => {
    using busy = fakeSmtpServer(`(wait 100ms)\n${BUSY}`, { hostname: serverOne });
    using up = fakeSmtpServer(GREETS, { hostname: serverTwo });
    await Bun.write(join(folder, "example.ts"), block("ts", "As a library"));
    const servers = [busy, up].map(({ hostname, port }) => `${hostname}:${port}`);
    expect(await run([process.execPath, "example.ts", ...servers])).toEqual({
      status: 0,
      output: `${serverTwo}: greeted\n${serverOne}: busy\navailable: ${serverTwo}\n`,
    });
  });

  test("library example past the greeting does what it says", async () => {
    using plain = fakeSmtpServer("S: 220 mx\nC: EHLO client.test\nS: 250 mx\nC: QUIT", {
      hostname: serverOne,
    });
    const example = block("ts", "As a library", 1).replace("mx1.example.org", `${serverOne}:${plain.port}`);
    await Bun.write(
      join(folder, "dialogue.ts"),
      example.replace("quitAfter:", 'helo: "client.test", quitAfter:'),
    );
    expect(await run([process.execPath, "dialogue.ts"])).toEqual({
      status: 0,
      output: "starttls-missing no TLS\n",
    });
  });

  test("examples/report.ts does what it says", async () => {
    using up = fakeSmtpServer(GREETS, { hostname: serverOne });
    using _busy = fakeSmtpServer(BUSY, { hostname: serverTwo, port: up.port });
    using dns = await fakeNameServer({
      "example.test": { MX: twoExchanges("mx1.example.test", "mx2.example.test") },
      "mx1.example.test": { A: [serverOne] },
      "mx2.example.test": { A: [serverTwo] },
    });
    const example = await Bun.file(join(project, "examples/report.ts")).text();
    const onItsPort = example.replace("mx: [domain]", `mx: [domain], port: ${up.port}`);
    await Bun.write(join(folder, "example.ts"), onItsPort);
    const { status, output } = await run([process.execPath, "example.ts", "example.test", dns.address]);
    expect(status).toBe(0);
    expect(output).toStartWith("mx1.example.test mx2.example.test\nnot all are up\nPref");
    expect(output).toContain("(--require all is not met): 1 available, 1 unavailable");
    expect(output).toEndWith("\n2\n1\n");
    expect((await run([...SOURCE, "cache", "--cache", "mail-servers.db"])).output).toContain(
      "421 4.7.0 too busy",
    );
  });

  test("names the JSON Schema as a program imports it", async () => {
    const [specifier = ""] = /smtpdcheck\/report\.schema\.json/.exec(readme) ?? [];
    const code = `import schema from "${specifier}"; console.log(schema.title);`;
    await Bun.write(join(folder, "schema.ts"), code);
    expect((await run([process.execPath, "schema.ts"])).output).toBe("smtpdcheck report\n");
  });
});

describe("options, environment and exit statuses", () => {
  const listOf = (table: Readonly<Record<string, OptionForm>>) =>
    Object.entries(table).map(([name, option]) => {
      const hint = "options" in option ? option.options.join("|") : "valueHint" in option && option.valueHint;
      const long = hint ? `--${name} ${hint}` : `--${name}`;
      return option.alias === undefined ? long : `-${option.alias}, ${long}`;
    });
  const options = listOf(OPTIONS);
  const doctors = listOf(DOCTOR_OPTIONS);

  test.each([
    ["--help", help, /^ {2}(-\S+(?: --\S+)?)/gm, options],
    ["README", section("Options"), /^\| `(-.*?)` \|/gm, [...options, "--"]],
    ["smtpdcheck.1", man, /^\.It (Fl .*)$/gm, [...options, "--", ...doctors]],
    ["doctor --help", doctorHelp, /^ {2}(-\S+(?: --\S+)?)/gm, doctors],
  ])("%s lists every option, and no other", (_, text, row, expected) => {
    const listed = [...text.matchAll(row)].map(([, option = ""]) =>
      option
        .replace(/=<(.*)>/, " $1")
        .replaceAll("Fl ", "-")
        .replaceAll(" ,", ",")
        .replace(/Ar |Cm /, "")
        .replaceAll(/ \| |\\\|/g, "|"),
    );
    expect(listed).toEqual(expected);
  });

  test("smtpdcheck.1's synopsis has every option, and the whole page no other", () => {
    const [, synopsis = ""] = /^\.Sh SYNOPSIS\n([\s\S]*?)^\.Sh/m.exec(man) ?? [];
    const isThere = ([name, option]: [string, object]) =>
      synopsis.includes(`Fl -${name}`) ||
      ("alias" in option && new RegExp(`Fl \\w*${option.alias}`).test(synopsis));
    const entries = Object.entries(OPTIONS);
    expect(entries.filter((entry) => !isThere(entry)).map(([name]) => name)).toEqual([]);
    const named = new Set([...man.matchAll(/(?:Fl -|\s--)([a-z][\w-]*)/g)].map(([, name = ""]) => name));
    expect(named).toEqual(new Set([...Object.keys(OPTIONS), ...Object.keys(DOCTOR_OPTIONS)]));
  });

  test("smtpdcheck.1 and the README tell of every environment variable that is read", async () => {
    const read = new Set<string>();
    for (const path of new Bun.Glob("src/**/*.ts").scanSync(project)) {
      const text = await Bun.file(join(project, path)).text();
      for (const [, name = ""] of text.matchAll(/\benv(?:ironment)?\["(\w+)"\]/g)) read.add(name);
    }
    const told = [...man.matchAll(/^\.It Ev (\w+)$/gm)].map(([, name]) => name);
    expect(told).toEqual([...read, "BUN_BE_BUN", "BUN_OPTIONS"].toSorted());
    expect(told.filter((name) => !readme.includes(`\`${name}`))).toEqual([]);
  });

  const inHelp = [...help.matchAll(/^ {2}(\d) {2}(.*)$/gm)].map(([, ...row]) => row);
  const inReadme = [...section("Exit status").matchAll(/^\| `(\d)` \| (.*) \|$/gm)].map(
    ([, status, meaning = ""]) => [status, meaning.replaceAll("`", "")],
  );
  const inMan = [...man.matchAll(/^\.It (\d)\n([\s\S]*?)\n(?=\.It|\.El)/gm)].map(
    ([, status, meaning = ""]) => [status, plain(meaning)],
  );

  test("--help, README and smtpdcheck.1 give the exit statuses the same meanings", () => {
    expect(inHelp.map(([status]) => status)).toEqual(["0", "1", "2"]);
    expect(inReadme.slice(0, 3)).toEqual(inHelp);
    expect(inMan).toEqual(inReadme);
    const ofMonitors = inReadme.slice(3).map(([status, meaning]) => `${status} ${meaning?.split(":")[0]}`);
    expect(help).toContain(`With --format nagios: ${ofMonitors.join(", ")}\n`);
  });

  test.concurrent.each([
    ["0", ["BUSY"], ""],
    ["1", ["BUSY", "UP"], `${serverOne}\n`],
    ["2", ["--no-such-option", "UP"], "smtpdcheck: Cannot read"],
    ["0", ["--require", "any", "BUSY", "UP"], `${serverOne}\n`],
    ["1", ["--require", "any", "BUSY"], `smtpdcheck: ${serverTwo}:`],
    ["0", ["--require", "all", "UP"], `${serverOne}\n`],
    ["1", ["--require", "all", "BUSY", "UP"], `smtpdcheck: ${serverTwo}:`],
    ["0", ["--format", "nagios", "UP"], "SMTPDCHECK OK - "],
    ["1", ["--format", "nagios", "UP", "BUSY"], "SMTPDCHECK WARNING - "],
    ["2", ["--format", "nagios", "BUSY"], "SMTPDCHECK CRITICAL - "],
    ["3", ["--format", "nagios"], "SMTPDCHECK UNKNOWN - "],
  ])("%s is the exit status of %p", async (status, words, start) => {
    using up = fakeSmtpServer(GREETS, { hostname: serverOne });
    using busy = fakeSmtpServer(BUSY, { hostname: serverTwo });
    const at: Readonly<Record<string, string>> = {
      UP: `${up.hostname}:${up.port}`,
      BUSY: `${busy.hostname}:${busy.port}`,
    };
    const ran = await run([...SOURCE, ...words.map((word) => at[word] ?? word)]);
    expect(ran).toEqual({ status: Number(status), output: expect.any(String) });
    expect(ran.output).toStartWith(start);
  });
});

const mandoc = Bun.which("mandoc");

test.skipIf(mandoc === null && process.env["CI"] !== "true")(
  "smtpdcheck.1 passes mandoc's lint (skipped without mandoc, except in CI)",
  async () => {
    expect(mandoc, "mandoc is not installed").not.toBeNull();
    expect(await run(["mandoc", "-T", "lint", manFile])).toEqual({ status: 0, output: "" });
  },
);

const mayMount =
  Bun.spawnSync(["unshare", "-rm", "mount", "--bind", "/etc/hosts", "/etc/hosts"]).exitCode === 0;

describe.skipIf(!mayMount)("README's shell examples, with a hosts file of their own", () => {
  const guard = block("sh", "In a script on a secondary");

  test.each([
    ["is up", GREETS, "defer: mx1.example.test is up\n"],
    ["is busy", BUSY, "take the mail: nobody better is up\n"],
  ])("guard a secondary when its primary %s", async (_, script, output) => {
    using primary = fakeSmtpServer(script, { hostname: serverOne });
    expect(await runShell(guard, primary.port)).toEqual({ status: 0, output });
  });

  test.each([
    ["it could not be told", guard.replace("mx2.example.test", "a..b")],
    ["the program dies with status 1", `smtpdcheck() { return 1; }\n${guard}`],
  ])("guard a secondary when %s", async (_, script) => {
    expect((await runShell(script, 1)).output).toEndWith("take the mail: it could not be told\n");
  });

  test.each([
    ["-v", "smtpdcheck", 0],
    ["--format table", "Reports", 0],
    ...(Bun.which("jq") === null ? [] : [["--format json", "Reports", 1] as const]),
    ["the cache", "The cache", 0],
  ])("of %s come out as shown, but for the times", async (what, title, at) => {
    using silent = fakeSmtpServer("", { hostname: serverOne });
    using _busy = fakeSmtpServer(BUSY, { hostname: serverTwo, port: silent.port });
    using _up = fakeSmtpServer(GREETS, { hostname: serverThree, port: silent.port });
    if (what === "the cache") {
      await runShell("smtpdcheck --cache cache.db mx2.example.test mx3.example.test", silent.port);
    }
    for (const { command, output } of session(title, at)) {
      const ran = await runShell(command, silent.port);
      const shown = ran.output.replaceAll("127.0.0.1", "192.0.2.").replaceAll(`:${silent.port}`, "");
      expect(anyOrder(shown.replaceAll(` ${silent.port} `, " 25 "))).toEqual(anyOrder(output));
    }
  });

  test("wait in CI until the server greets", async () => {
    const busy = fakeSmtpServer(BUSY);
    const { port } = busy;
    const waiting = runShell(block("sh", "In CI").replace("2525", String(port)), 1);
    await busy.ended();
    busy[Symbol.dispose]();
    using _up = fakeSmtpServer(GREETS, { port });
    const { status, output } = await waiting;
    expect(status).toBe(0);
    expect(output).toMatch(
      /^smtpdcheck: waiting: localhost:\d+: .* "421 4.7.0 too busy"\n(.*\n)*localhost\n$/,
    );
  });

  test("wait until the server takes mail", async () => {
    using up = fakeSmtpServer(`
      S: 220 mx.example.test ESMTP
      C: EHLO client.test
      S: 250 mx.example.test
      C: MAIL FROM:<>
      S: 250 2.1.0 Ok
      C: RCPT TO:<postmaster@localhost>
      S: 250 2.1.5 Ok
      C: RSET
      S: 250 2.0.0 Ok
      C: QUIT
    `);
    const recipe = block("sh", "In CI, until it takes a recipient").replace(
      "2525",
      `${up.port} --helo client.test`,
    );
    expect(await runShell(recipe, 1)).toEqual({ status: 0, output: "localhost\n" });
    expect(up.complaints).toEqual([]);
  });

  test("are a step in CI", async () => {
    using up = fakeSmtpServer(GREETS);
    const [step] = Object.values(parseYaml(block("yaml", "In CI")));
    const command = wordAt(step, "run").replace("npx --yes bun@1.4.5", process.execPath);
    expect(await runShell(command.replace("2525", String(up.port)), 1)).toEqual({
      status: 0,
      output: "localhost\n",
    });
  });

  test.each([
    ["healthy", GREETS, 0],
    ["unhealthy", BUSY, 1],
  ])("say that a container is %s", async (_, script, status) => {
    using server = fakeSmtpServer(script);
    const check = wordAt(parseYaml(block("yaml", "In CI", 1)), "services", "mail", "healthcheck", "test");
    expect(await runShell(check, server.port)).toMatchObject({ status });
  });

  describe("with a name server", () => {
    const zone = {
      "example.org": { MX: twoExchanges("mx1.example.org", "mx2.example.org") },
      "mx1.example.org": { A: [serverOne] },
      "mx2.example.org": { A: ["127.0.0.1"] },
    };

    test("need no list on a secondary, and loopback addresses are this machine", async () => {
      using up = fakeSmtpServer(GREETS, { hostname: serverOne });
      using dns = await fakeNameServer(zone);
      const command = block("sh", "In a script on a secondary", 1).replace(/--cache \S+ /, "");
      expect(await runShell(command, up.port, dns.address)).toEqual({ status: 0, output: "" });
    });

    test("ask a server once for many processes", async () => {
      using up = fakeSmtpServer(GREETS, { hostname: serverOne });
      using dns = await fakeNameServer(zone);
      const forMany = block("sh", "In a script on a secondary", 1).replace("/var/lib", `${folder}/var`);
      const recipe = forMany.replace("--stop-self ", "");
      for (const _ of ["probes", "remembers"]) {
        expect((await runShell(recipe, up.port, dns.address)).output).toBe("mx1.example.org\n");
      }
      expect(up.connectionCount).toBe(1);
    });

    test("ask the doctor", async () => {
      const list = "permit_mynetworks, reject_unauth_destination, check_policy_service";
      const main = `smtpd_recipient_restrictions = ${list} { unix:/run/mxguard.sock, timeout = 20s }`;
      const says = `case $1 in -n) printf "compatibility_level = 3.6\\n${main}\\n" ;; -M) echo "smtp inet n - y - - smtpd" ;; esac`;
      await Bun.write(join(folder, "postconf/postconf"), `#!/bin/sh\n${says}\n`);
      await chmod(join(folder, "postconf/postconf"), 0o755);
      const [asked] = session("The doctor");
      const [, ...words] = asked?.command.trim().split(" ") ?? [];
      const path = `PATH=${join(folder, "postconf")}:${process.env["PATH"]}`;
      expect(await run(["env", path, ...SOURCE, ...words])).toEqual({
        status: 1,
        output: asked?.output ?? "",
      });
    });

    test("report to Nagios, and Icinga's use options that there are", async () => {
      using up = fakeSmtpServer(GREETS, { hostname: serverOne });
      using _other = fakeSmtpServer(GREETS, { hostname: serverTwo, port: up.port });
      using dns = await fakeNameServer({ ...zone, "mx2.example.org": { A: [serverTwo] } });
      const [, command = ""] = /command_line +\/usr\/local\/bin\/(.*)/.exec(block("", "In a monitor")) ?? [];
      const ran = await runShell(command.replace("$ARG1$", "example.org"), up.port, dns.address);
      expect(ran.status).toBe(0);
      expect(ran.output).toStartWith("SMTPDCHECK OK - 2 of 2 available, use mx1.example.org");
      const withTls = block("sh", "With its certificate, in a monitor");
      const unencrypted = await runShell(`${withTls.trim()} --helo client.test`, up.port, dns.address);
      expect(unencrypted.status).toBe(2);
      expect(unencrypted.output).toStartWith("SMTPDCHECK CRITICAL - 0 of 2 available");
      const icinga = await Bun.file(join(project, "examples/icinga2.conf")).text();
      const words = [...icinga.matchAll(/"--(.*?)"/g)].map(([, word = ""]) => word);
      expect(words.filter((word) => !(word in OPTIONS))).toEqual([]);
      expect(words).toContain("mx");
    });
  });
});

function anyOrder(output: string): readonly string[] {
  return output
    .replace(/\d+\.\d\b/g, "N.N")
    .replace(/\b\d+ s\b/g, "N s")
    .replace(/ +/g, " ")
    .split("\n")
    .toSorted();
}

/** Text of the manual page without its macros. */
function plain(mdoc: string): string {
  return mdoc
    .replace(/^\.Fl /gm, "-")
    .replace(/^\.(?:Cm|Li) | Cm(?= )/gm, "")
    .replace(/ ([:,.])$/gm, "$1")
    .replaceAll("\n", " ");
}

function parseYaml(text: string): object {
  const value: unknown = Bun.YAML.parse(text);
  return typeof value === "object" && value !== null ? value : {};
}

/** The text at the end of a path of keys. */
function wordAt(value: unknown, ...keys: readonly string[]): string {
  let found = value;
  for (const key of keys) {
    found =
      typeof found === "object" && found !== null
        ? Object.entries(found).find(([name]) => name === key)?.[1]
        : undefined;
  }
  return String(found);
}

function twoExchanges(first: string, second: string) {
  return [
    [20, second],
    [10, first],
  ] as const;
}

/** Runs shell lines where `smtpdcheck` is this program and the port 25 of the examples' hosts is on loopback. */
async function runShell(script: string, port: number, dns?: string) {
  const bin = join(folder, "bin");
  const hosts = [serverOne, serverTwo, serverThree].map((address, at) => {
    return `${address} s${at + 1}.example.test mx${at + 1}.example.test\n`;
  });
  const words = [...SOURCE, ...(dns === undefined ? [] : ["--dns", dns]), "-p", port];
  await Bun.write(join(folder, "hosts"), ["127.0.0.1 localhost\n", ...hosts].join(""));
  await Bun.write(join(bin, "smtpdcheck"), `#!/bin/sh\nexec '${words.join("' '")}' "$@"\n`);
  await chmod(join(bin, "smtpdcheck"), 0o755);
  const line = `mount --bind "$0" /etc/hosts && PATH="$1:$PATH" exec sh -c "$2" 2>&1`;
  return run(["unshare", "-rm", "sh", "-c", line, join(folder, "hosts"), bin, script]);
}

async function run(argv: readonly string[]): Promise<{ readonly status: number; readonly output: string }> {
  const env = { ...process.env, SMTPDCHECK_CACHE: "" };
  const child = Bun.spawn([...argv], { cwd: folder, env, stdin: "ignore", stderr: "pipe" });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return { status: await child.exited, output: stderr + stdout };
}
