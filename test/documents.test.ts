import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmod, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { EXIT_STATUS } from "../src/cli.ts";
import { renderHelp } from "../src/help.ts";
import { OPTIONS } from "../src/options.ts";
import { fakeSmtpServer } from "./fake/smtp-server.ts";

const project = resolve(import.meta.dir, "..");
const manFile = join(project, "man/smtpdcheck.1");
const readme = await Bun.file(join(project, "README.md")).text();
const man = await Bun.file(manFile).text();
const help = await renderHelp();
const [serverOne, serverTwo, serverThree] = ["127.0.0.11", "127.0.0.12", "127.0.0.13"] as const;
const GREETS = "S: 220 mx3.example.test ESMTP\nC: QUIT";
const BUSY = "S: 421 4.7.0 too busy\nC: QUIT";

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "smtpdcheck-documents-"));
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

  test("has a line for every file in src/, and for no other", () => {
    const [, layout = ""] = /\n {4}src\/\n([\s\S]*?)\n {4}test\//.exec(readme) ?? [];
    const shown: string[] = [];
    let inside = "";
    for (const [, indent = "", name = ""] of layout.matchAll(/^( +)(\S+)/gm)) {
      if (name.endsWith("/")) inside = name;
      else shown.push(indent.length === 6 ? name : inside + name);
    }
    expect(shown.toSorted()).toEqual([...new Bun.Glob("**/*.ts").scanSync(join(project, "src"))].toSorted());
  });

  test("library example does what it says", async () => {
    using busy = fakeSmtpServer(`(wait 100ms)\n${BUSY}`, { hostname: serverOne });
    using up = fakeSmtpServer(GREETS, { hostname: serverTwo });
    await mkdir(join(folder, "node_modules"), { recursive: true });
    await symlink(project, join(folder, "node_modules/smtpdcheck"));
    await Bun.write(join(folder, "example.ts"), block("ts", "As a library"));
    const servers = [busy, up].map(({ hostname, port }) => `${hostname}:${port}`);
    expect(await run([process.execPath, "example.ts", ...servers])).toEqual({
      status: 0,
      output: `${serverTwo}: greeted\n${serverOne}: declined\navailable: ${serverTwo}\n`,
    });
  });
});

describe("options and exit statuses", () => {
  const options = Object.entries(OPTIONS).map(([name, option]) => {
    const long = "valueHint" in option ? `--${name} ${option.valueHint}` : `--${name}`;
    return "alias" in option ? `-${option.alias}, ${long}` : long;
  });

  test.each([
    ["--help", help, /^ +(-.*?) {4}/gm, options],
    ["README", section("Options"), /^\| `(-.*?)` \|/gm, [...options, "--"]],
    ["smtpdcheck.1", man, /^\.It (Fl .*)$/gm, [...options, "--"]],
  ])("%s lists every option, and no other", (_, text, row, expected) => {
    const listed = [...text.matchAll(row)].map(([, option = ""]) =>
      option
        .replace(/=<(.*)>/, " $1")
        .replaceAll("Fl ", "-")
        .replaceAll(" ,", ",")
        .replace("Ar ", ""),
    );
    expect(listed).toEqual(expected);
  });

  test.each([
    ["--help", help, /^ {2}(\d) {2}(.*)$/gm],
    ["README", section("Exit status"), /^\| `(\d)` \| (.*) \|$/gm],
    ["smtpdcheck.1", man, /^\.It (\d)\n(.*)$/gm],
  ])("%s gives the exit statuses the one meaning they have", (_, text, row) => {
    const meanings = [...text.matchAll(row)].map(([, status, meaning]) => [status, meaning]);
    expect(meanings).toEqual([
      [String(EXIT_STATUS.unavailable), "no server that counts is available"],
      [String(EXIT_STATUS.available), "one is: its name is printed"],
      [String(EXIT_STATUS.undetermined), "an error, or it could not be told because of this machine"],
    ]);
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
  test.each([
    ["is up", GREETS, "defer: mx1.example.test is up\n"],
    ["is busy", BUSY, "take the mail: nobody better is up\n"],
  ])("guard a secondary when its primary %s", async (_, script, output) => {
    using primary = fakeSmtpServer(script, { hostname: serverOne });
    const guard = block("sh", "As a guard on a secondary");
    expect(await runShell(guard, primary.port)).toEqual({ status: 0, output });
  });

  test("guard a secondary when it could not be told", async () => {
    const guard = block("sh", "As a guard on a secondary").replace("mx2.example.test", "a..b");
    expect((await runShell(guard, 1)).output).toEndWith("\ntake the mail: it could not be told\n");
  });

  test("of the first manual come out as shown", async () => {
    using up = fakeSmtpServer(GREETS, { hostname: serverOne });
    for (const { command, output } of session("The manual's own example")) {
      expect(await runShell(command, up.port)).toEqual({ status: 0, output });
    }
  });

  test("of -v come out as shown, but for the times", async () => {
    using silent = fakeSmtpServer("", { hostname: serverOne });
    using _busy = fakeSmtpServer(BUSY, { hostname: serverTwo, port: silent.port });
    using _up = fakeSmtpServer(GREETS, { hostname: serverThree, port: silent.port });
    for (const { command, output } of session("Why does it not answer?")) {
      const ran = await runShell(command, silent.port);
      expect(anyOrder(ran.output.replaceAll("127.0.0.1", "192.0.2."))).toEqual(anyOrder(output));
    }
  });
});

function section(title: string): string {
  return readme.split(/^##+ /m).find((part) => part.startsWith(`${title}\n`)) ?? "";
}

function block(language: string, title: string): string {
  return section(title).split(`\`\`\`${language}\n`)[1]?.split("```")[0] ?? "";
}

/** The commands of a console block, each with what it prints. */
function session(title: string): readonly { readonly command: string; readonly output: string }[] {
  const parts = block("console", title).split(/^\$ /m).slice(1);
  return parts.map((part) => {
    const end = part.indexOf("\n") + 1;
    return { command: part.slice(0, end), output: part.slice(end) };
  });
}

function anyOrder(output: string): readonly string[] {
  return output
    .replace(/\d+\.\d ms/g, "N ms")
    .split("\n")
    .toSorted();
}

/** Runs shell lines where `smtpdcheck` is this program and the port 25 of the examples' hosts is on loopback. */
async function runShell(script: string, port: number) {
  const bin = join(folder, "bin");
  const hosts = [serverOne, serverTwo, serverThree].map((address, at) => {
    return `${address} s${at + 1}.example.test mx${at + 1}.example.test\n`;
  });
  await Bun.write(join(folder, "hosts"), ["127.0.0.1 localhost\n", ...hosts].join(""));
  await Bun.write(
    join(bin, "smtpdcheck"),
    `#!/bin/sh\nexec '${process.execPath}' '${project}/index.ts' -p ${port} "$@"\n`,
  );
  await chmod(join(bin, "smtpdcheck"), 0o755);
  const line = `mount --bind "$0" /etc/hosts && PATH="$1:$PATH" exec sh -c "$2" 2>&1`;
  return run(["unshare", "-rm", "sh", "-c", line, join(folder, "hosts"), bin, script]);
}

async function run(argv: readonly string[]): Promise<{ readonly status: number; readonly output: string }> {
  const child = Bun.spawn([...argv], { cwd: folder, stdin: "ignore", stderr: "pipe" });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return { status: await child.exited, output: stderr + stdout };
}
