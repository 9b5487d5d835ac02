import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { version } from "../package.json";
import { parseGuardConfig } from "../src/command/guard-config.ts";
import { renderGuardHelp } from "../src/command/guard-help.ts";
import { FILTER_OPTIONS, SERVE_OPTIONS } from "../src/command/guard-options.ts";
import { readGuardSettings } from "../src/command/guard-settings.ts";
import type { OptionForm } from "../src/command/options.ts";
import type { OpenReason } from "../src/guard/inquiry.ts";
import type { SharedRelief } from "../src/guard/relief.ts";
import { commands, PATIENCE_MS } from "./end-to-end/command.ts";
import { policyClient, startGuard } from "./end-to-end/guard-process.ts";
import { fakeNameServer } from "./fake/name-server.ts";
import { fakeSmtpServer } from "./fake/smtp-server.ts";
import type { Zone } from "./fake/zone.ts";
import { block, readme, section, session } from "./readme.ts";

setDefaultTimeout(PATIENCE_MS);

const project = resolve(import.meta.dir, "..");
const manFile = join(project, "man/smtpdcheck-serve.8");
const man = await Bun.file(manFile).text();
const RECIPE = "The guard of a secondary";
const PRIMARY = "127.0.0.11";
const SECONDARY = "192.0.2.2";
const ZONE: Zone = {
  "example.org": {
    MX: [
      [10, "mx1.example.org"],
      [20, "mx2.example.org"],
    ],
  },
  "example.net": { MX: [[10, "mx2.example.org"]] },
  "mx1.example.org": { A: [PRIMARY] },
  "mx2.example.org": { A: [SECONDARY] },
};
const GREETS = "S: 220 mx1\nC: QUIT\nS: 221 bye\n(close)";
const [fromSource] = commands;

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "smtpdcheck-guard-documents-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe("smtpdcheck-serve.8", () => {
  const mandoc = Bun.which("mandoc");

  test.skipIf(mandoc === null && process.env["CI"] !== "true")(
    "passes mandoc's lint (skipped without mandoc, except in CI)",
    () => {
      const ran = Bun.spawnSync(["mandoc", "-T", "lint", manFile]);
      expect([ran.exitCode, ran.stdout.toString()]).toEqual([0, ""]);
    },
  );

  test("has no line of more than 80 columns", () => {
    expect(man.split("\n").filter((line) => line.length > 80)).toEqual([]);
  });

  test("has every option in its synopsis, and in its list", () => {
    const [, synopsis = ""] = /^\.Sh SYNOPSIS\n([\s\S]*?)^\.Sh/m.exec(man) ?? [];
    const shown = [...synopsis.matchAll(/^\.(?:Op )?Fl (?:-([\w-]+)|(\w))/gm)].map(
      ([, long, short]) => long ?? short,
    );
    expect(shown).toEqual(
      Object.entries(SERVE_OPTIONS).map(([name, { alias = name }]: [string, OptionForm]) => alias),
    );
    const listed = [...man.matchAll(/^\.It Fl (?:\w , Fl )?-([\w-]+)(.*)$/gm)].map(
      ([, name, value = ""]) => name + value,
    );
    expect(listed).toEqual(Object.entries(SERVE_OPTIONS).map(([name, form]) => name + wantedBy(form)));
  });

  test("tells of every reason to let in or to defer, and of no other", () => {
    type Relief = Extract<SharedRelief, { kind: "let-in" }>["why"];
    const reasons = {
      up: true,
      authenticated: true,
      "no-domain": true,
      "not-guarded": true,
      allowed: true,
      "no-exchangers": true,
      "not-listed": true,
      "none-before-us": true,
      "nothing-to-probe": true,
      "none-up": true,
      "no-verdict": true,
      "lookup-failed": true,
      "too-many-new": true,
      relented: true,
      passing: true,
      "no-room": true,
      "store-failed": true,
    } satisfies Record<OpenReason | Relief, true> & Record<string, true>;
    const [, list = ""] = /^The reasons to defer, or not:\n([\s\S]*?)^\.El/m.exec(man) ?? [];
    const told = [...list.matchAll(/^\.It Cm (\S+)$/gm)].map(([, reason]) => reason);
    expect(told).toEqual(Object.keys(reasons));
  });

  test("shows a configuration file that can be read", () => {
    const [, toml = ""] = /^(policy = [\s\S]*?)^\.Ed/m.exec(man) ?? [];
    expect(readGuardSettings(parseGuardConfig(toml, "guard.toml", SERVE_OPTIONS))).toMatchObject({
      stop: ["mx2.example.org", "192.0.2.2"],
      action: "warn",
    });
  });

  const [, examples = ""] = /^\.Sh EXAMPLES\n([\s\S]*?)^\.Sh/m.exec(man) ?? [];
  const blocks = [...examples.matchAll(/^\.Bd .*\n([\s\S]*?)^\.Ed|^\.Dl (.*)$/gm)].map(([, lines, line]) =>
    (lines ?? line ?? "").replaceAll("\\e", "\\").replace(/^install .*\n/, ""),
  );

  test.each(blocks)("shows a command that is all right: %s", async (example) => {
    await Bun.write(join(folder, "domains"), "example.org\n");
    const toml = await Bun.file(join(project, "contrib/guard.toml")).text();
    await Bun.write(
      join(folder, "shipped.toml"),
      toml.replace("/etc/smtpdcheck/allow", join(project, "contrib/allow")),
    );
    const script = example
      .replace("/etc/smtpdcheck/guard.toml", join(folder, "shipped.toml"))
      .replace("/etc/smtpdcheck/domains", join(folder, "domains"));
    expect(await runShell(script, "--check-config")).toBe("The configuration is all right.\n");
  });

  test("shows the same question as the README", () => {
    const [asked] = session(RECIPE);
    const words = (text = "") => text.replaceAll("\\\n", " ").split(/\s+/).filter(Boolean);
    expect(words(blocks.at(-1))).toEqual(words(asked?.command));
  });
});

test.each([
  ["serve", SERVE_OPTIONS],
  ["filter", FILTER_OPTIONS],
] as const)("smtpdcheck %s --help lists every option", async (name, options) => {
  const help = await renderGuardHelp(name, version);
  const listed = [...help.matchAll(/^ {2}(?:-\w, )?--([\w-]+)/gm)].map(([, option]) => option);
  expect(listed).toEqual(Object.keys(options));
});

describe("README's guard", () => {
  test("is the first recipe", () => {
    expect(section("Recipes").trim()).toBe("Recipes");
    expect(readme).toContain(`## Recipes\n\n### ${RECIPE}\n`);
  });

  test("has contrib's lines for Postfix, and installs files that there are", async () => {
    const shipped = await Bun.file(join(project, "contrib/postfix/main.cf")).text();
    const words = (text: string) => text.split(/\s+/).filter(Boolean);
    const [, restrictions = ""] = /^(smtpd_recipient_restrictions[\s\S]*)/m.exec(shipped) ?? [];
    expect(words(block("", RECIPE))).toEqual(words(restrictions));
    expect(block("", RECIPE).trim().split("\n").length + block("sh", RECIPE).trim().split("\n").length).toBe(
      5,
    );
    for (const [name = ""] of block("sh", RECIPE).matchAll(/contrib\/\S+/g)) {
      expect([...new Bun.Glob(name).scanSync(project)], name).not.toEqual([]);
    }
  });

  test("names options that there are", () => {
    const doctors = ["domain", "main-cf", "master-cf", "postfix"];
    const known = [...Object.keys(SERVE_OPTIONS), ...doctors];
    const named = [...section(RECIPE).matchAll(/[ `]--([a-z][\w-]+)/g)].map(([, name = ""]) => name);
    expect(named.filter((name) => !known.includes(name) && name !== "now")).toEqual([]);
  });

  test("answers the question that it shows as it shows", async () => {
    using dns = await fakeNameServer(ZONE);
    using mx1 = fakeSmtpServer(GREETS, { hostname: PRIMARY });
    const [asked] = session(RECIPE);
    const around = ["--dns", dns.address, "--port", String(mx1.port), "--probe-loopback"];
    const said = await runShell(asked?.command ?? "", ...around);
    expect(said.trim()).toBe(asked?.output.trim() ?? "");
    expect(mx1.complaints).toEqual([]);
  });

  test("logs what it shows, and is switched on and off by one word", async () => {
    using dns = await fakeNameServer(ZONE);
    using mx1 = fakeSmtpServer(GREETS, { hostname: PRIMARY });
    const config = join(folder, "guard.toml");
    const shipped = (await Bun.file(join(project, "contrib/guard.toml")).text()).replace(
      "/etc/smtpdcheck/allow",
      join(project, "contrib/allow"),
    );
    await Bun.write(config, shipped);
    const around = ["--dns", dns.address, "--port", String(mx1.port), "--probe-loopback"];
    if (fromSource === undefined) throw new Error("There is no way to start the program");
    const args = ["--config", config, "--policy", "unix:SOCKET", ...around];
    await using guard = await startGuard(fromSource, args);
    using client = await policyClient(join(guard.folder, "socket"));
    const ask = (domain: string) => client.ask(`user@${domain}`, { server_address: SECONDARY });
    const please = "4.3.2 Please use mx1.example.org";

    expect(await ask("example.org")).toBe("WARN Please use mx1.example.org");
    expect(await ask("example.net")).toBe("DUNNO");
    for (let at = 0; at < 41; at += 1) await ask("example.org");
    for (const [word, action] of [
      ["defer-if-permit", `DEFER_IF_PERMIT ${please}`],
      ["warn", "WARN Please use mx1.example.org"],
    ] as const) {
      expect(section(RECIPE)).toContain(word);
      await Bun.write(config, shipped.replace('action = "warn"', `action = "${word}"`));
      const before = guard.log().split("read again").length;
      guard.kill("SIGHUP");
      while (guard.log().split("read again").length === before) await Bun.sleep(5);
      expect(await ask("example.org")).toBe(action);
    }
    guard.kill("SIGTERM");
    expect(await guard.exited).toBe(0);
    const lines = guard.log().match(/^.*verdict=(?!deferred).*$/gm) ?? [];
    expect(lines.map(withoutMs)).toEqual(block("", RECIPE, 1).trim().split("\n").map(withoutMs));
  });
});

function withoutMs(line: string): string {
  return line.replace(/ms=[\d.]+/, "ms=N");
}

/** What stands behind an option's name in the manual page. */
function wantedBy(form: OptionForm): string {
  if ("options" in form) return ` Cm ${form.options.join(" | ")}`;
  return "valueHint" in form ? ` Ar ${form.valueHint}` : "";
}

/** Runs shell lines where `smtpdcheck` is this program with more options behind those given; standard output. */
async function runShell(script: string, ...more: readonly string[]): Promise<string> {
  const program = join(folder, "bin/smtpdcheck");
  const words = [process.execPath, join(project, "index.ts")].join("' '");
  await Bun.write(program, `#!/bin/sh\nexec '${words}' "$@" '${more.join("' '")}'\n`);
  await chmod(program, 0o755);
  const env = { ...process.env, PATH: `${join(folder, "bin")}:${process.env["PATH"]}` };
  const child = Bun.spawn(["sh", "-c", script], { cwd: folder, env, stdin: "ignore", stderr: "inherit" });
  return child.stdout.text();
}
