import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmod, cp, mkdtemp, rm } from "node:fs/promises";
import * as net from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { files } from "../package.json";
import { parseGuardConfig } from "../src/command/guard-config.ts";
import { FILTER_OPTIONS, SERVE_OPTIONS } from "../src/command/guard-options.ts";
import { readGuardSettings } from "../src/command/guard-settings.ts";
import { parseAllowList } from "../src/guard/allow-list.ts";
import { GUARD_DEFAULTS } from "../src/guard/settings.ts";
import { refusedPort } from "./fake/dead-port.ts";
import { fakePolicyServer } from "./fake/policy-server.ts";
import { GREETS } from "./fake/scripts.ts";
import { fakeSmtpServer } from "./fake/smtp-server.ts";

const project = resolve(import.meta.dir, "..");
const contrib = join(project, "contrib");
const shipped = [...new Bun.Glob("**/*").scanSync(contrib)].toSorted();
const text = (name: string) => Bun.file(join(contrib, name)).text();
/** A file without its comments, its continued lines joined. */
const instructions = async (name: string) =>
  (await text(name)).replace(/^[#;].*\n/gm, "").replace(/(?:\\\n|\n(?=[ \t]))[ \t]*/g, " ");

/** How long the guard may take for an answer, in seconds. */
const ANSWER_WITHIN = GUARD_DEFAULTS.answerWithinMs / 1_000;

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "smtpdcheck-contrib-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe("contrib", () => {
  test("is shipped", () => {
    expect(files).toContain("contrib");
  });

  test("has a README that links to every file and to no other", async () => {
    const linked = [...(await text("README.md")).matchAll(/\]\((.*?)\)/g)].map(([, name = ""]) => name);
    expect(linked.toSorted()).toEqual(shipped.filter((name) => name !== "README.md"));
  });

  test("starts smtpdcheck with options that it has", async () => {
    for (const name of shipped)
      for (const [, sub, rest = ""] of (await text(name)).matchAll(/smtpdcheck (serve|filter) (.*)/g)) {
        const options = rest.match(/--[\w-]+/g) ?? [];
        const known: object = sub === "serve" ? SERVE_OPTIONS : FILTER_OPTIONS;
        expect(options.filter((option) => !Object.hasOwn(known, option.slice(2)))).toEqual([]);
      }
  });
});

describe("guard.toml", () => {
  test("is all right as it is shipped, with the list beside it", async () => {
    const shipped = await text("guard.toml");
    const folder = await mkdtemp(join(tmpdir(), "smtpdcheck-contrib-"));
    await Bun.write(
      join(folder, "guard.toml"),
      shipped.replace("/etc/smtpdcheck/allow", join(contrib, "allow")),
    );
    const command = [process.execPath, join(project, "index.ts"), "serve", "--check-config", "--config"];
    const ran = Bun.spawnSync([...command, join(folder, "guard.toml")]);
    await rm(folder, { recursive: true });
    expect([ran.exitCode, ran.stderr.toString()]).toEqual([0, ""]);
  });

  test("is a dry run, and shows the defaults of what it leaves out", async () => {
    const shown = (await text("guard.toml")).replace(/^# (?=[\w-]+ = )/gm, "");
    const settings = readGuardSettings(parseGuardConfig(shown, "guard.toml", SERVE_OPTIONS));
    const { policy, stop, domainsFile, allowFile, cache } = settings;
    expect(settings).toEqual({
      ...GUARD_DEFAULTS,
      action: "warn",
      policy,
      stop,
      domainsFile,
      allowFile,
      cache,
    });
    for (const chosen of [policy[0], stop[0], domainsFile, allowFile, cache]) expect(chosen).toBeTruthy();
  });
});

describe("allow", () => {
  const client = { isAuthenticated: false, ownAddress: null, recipient: "user@example.org" };
  const somebody = {
    ...client,
    clientAddress: null,
    clientName: "mail.example.net",
    sender: "a@news.example.com",
  };

  test("allows nobody as it is shipped", async () => {
    const allowed = parseAllowList(await text("allow"), "allow");
    expect(allowed.has(somebody, "192.0.2.80")).toBe(false);
  });

  test("shows entries of five kinds that can be read", async () => {
    const entries = [...(await text("allow")).matchAll(/^# (\S*[.:]\S*)$/gm)].map(([, entry = ""]) => entry);
    const allowed = parseAllowList(entries.join("\n"), "allow");
    const nobody = { ...client, clientAddress: null, clientName: null, sender: "" };
    expect(allowed.has(nobody, "192.0.2.7")).toBe(true);
    expect(allowed.has(nobody, "2001:db8:25::1")).toBe(true);
    expect(allowed.has({ ...nobody, clientName: "mail.example.net" }, undefined)).toBe(true);
    expect(allowed.has({ ...nobody, sender: "login-code@example.com" }, undefined)).toBe(true);
    expect(allowed.has({ ...nobody, sender: "any@news.example.com" }, undefined)).toBe(true);
    expect(allowed.has(nobody, "198.51.100.1")).toBe(false);
    expect(entries).toContain("192.0.2.80");
  });
});

describe("postfix/main.cf", () => {
  test("asks last, takes mail without an answer, and waits longer than the guard may take", async () => {
    const [, restrictions = ""] =
      /^smtpd_recipient_restrictions = (.*)$/m.exec(await instructions("postfix/main.cf")) ?? [];
    const [, service = ""] = /\{ (.*) \}$/.exec(restrictions) ?? [];
    expect(restrictions.replace(/ \{.*/, "").split(/,\s*/)).toEqual([
      "permit_mynetworks",
      "permit_sasl_authenticated",
      "reject_unauth_destination",
      "reject_unlisted_recipient",
      "check_policy_service",
    ]);
    const [endpoint, ...attributes] = service.split(", ");
    expect(endpoint).toMatch(/^unix:[^/]/);
    expect(attributes).toEqual([expect.stringMatching(/^timeout=\d+s$/), "default_action=DUNNO"]);
    expect(Number(/timeout=(\d+)s/.exec(service)?.[1])).toBeGreaterThan(ANSWER_WITHIN);
  });

  test("asks at the socket that systemd makes", async () => {
    const [, path = ""] = /unix:(\S+),/.exec(await instructions("postfix/main.cf")) ?? [];
    expect(await text("systemd/smtpdcheck-guard.socket")).toContain(
      `\nListenStream=/var/spool/postfix/${path}\n`,
    );
  });
});

describe("sendmail/mxguard.m4", () => {
  test("has a tab between the sides of each rule, and no rule for a guard that is down", async () => {
    const rules = (await text("sendmail/mxguard.m4")).split("\n").filter((line) => line.startsWith("R"));
    for (const rule of rules) expect(rule).toMatch(/^R[^\t]+\t[^\t]+$/);
    expect(rules.join("\n")).not.toContain("TMPF");
    expect(rules).toHaveLength(6);
  });
});

const systemd = Bun.which("systemd-analyze");

test.skipIf(systemd === null)("systemd finds nothing wrong with the units (skipped without it)", async () => {
  const units = join(folder, "units");
  await cp(join(contrib, "systemd"), units, { recursive: true });
  const service = join(units, "smtpdcheck-guard.service");
  await Bun.write(
    service,
    (await Bun.file(service).text()).replaceAll("/usr/local/bin/smtpdcheck", process.execPath),
  );
  const ran = Bun.spawnSync([
    "systemd-analyze",
    "verify",
    "--man=no",
    service,
    service.replace(/service$/, "socket"),
  ]);
  expect([ran.exitCode, ran.stderr.toString()]).toEqual([0, ""]);
});

describe("mail-avenger/rcpt", () => {
  test("defers to a server that is up, and takes mail when none is or nobody knows", async () => {
    using up = fakeSmtpServer(GREETS);
    using dead = refusedPort("127.0.0.2");
    const [better, gone] = [`10:127.0.0.1:${up.port}`, `10:127.0.0.2:${dead.port}`];
    expect(await avenge(`${better} 20:127.0.0.9`)).toBe("deferred: Please use 127.0.0.1\n");
    expect(await avenge(`${gone} 20:127.0.0.9`)).toBe("");
    expect(await avenge(`20:127.0.0.9 30:127.0.0.1:${up.port}`)).toBe("");
    expect(await avenge("")).toBe("");
    expect(await avenge("99999999999:x")).toBe("");
  });

  async function avenge(exchangers: string): Promise<string> {
    const program = join(folder, "smtpdcheck");
    await Bun.write(program, `#!/bin/sh\nexec ${process.execPath} ${project}/index.ts "$@" 2>/dev/null\n`);
    await chmod(program, 0o755);
    const standIns = `
      PATH=${folder}:$PATH RECIPIENT_HOST=example.test MYIP=127.0.0.9
      dns() { test "$*" = "MXES mx example.test" && ANSWER="${exchangers}"; }
      setvars() { MXES=$ANSWER; }
      defer() { echo "deferred: $*"; exit; }
    `;
    const script = standIns + (await text("mail-avenger/rcpt"));
    const ran = Bun.spawn(["sh", "-c", script], { stderr: "inherit" });
    return ran.stdout.text();
  }
});

interface Plugin {
  cfg: { readonly main: Readonly<Record<string, unknown>> };
  register(): void;
  guard(next: (...answer: readonly unknown[]) => void, connection: unknown, params: readonly unknown[]): void;
}

describe("haraka/mxguard.js", () => {
  const DENYSOFT = "DENYSOFT";
  const DEFERRED = [DENYSOFT, [450, "Please use mx1.example.test", 3, 2]];
  const CLIENT = {
    relaying: false,
    remote: { ip: "198.51.100.10" },
    local: { ip: "198.51.100.3", port: 25 },
    hello: { host: "client.test" },
    notes: {},
    results: { get: () => ({ fcrdns: ["client.test"] }) },
    transaction: { mail_from: { address: "a@client.test" } },
    logwarn() {},
  };
  const REQUEST = `request=smtpd_access_policy
protocol_state=RCPT
protocol_name=ESMTP
client_address=198.51.100.10
client_name=client.test
helo_name=client.test
server_address=198.51.100.3
server_port=25
sender=a@client.test
recipient=user@example.test
sasl_username=

`;

  test("registers in front of the other plugins", async () => {
    const hooks: unknown[] = [];
    const plugin = Object.assign(await load({}), {
      config: { get: (name: string) => ({ name }) },
      register_hook: (...hook: readonly unknown[]) => hooks.push(hook),
    });
    plugin.register();
    expect(plugin.cfg).toMatchObject({ name: "mxguard.ini" });
    expect(hooks).toEqual([["rcpt", "guard", -10]]);
  });

  test.each<[string, readonly unknown[]]>([
    ["action=DEFER_IF_PERMIT 4.3.2 Please use mx1.example.test\n\n", DEFERRED],
    ["action=DEFER 4.3.2 Please use mx1.example.test\n\n", DEFERRED],
    ["action=450 4.3.2 Please use mx1.example.test\n\n", DEFERRED],
    ["action=450 Please use mx1.example.test\n\n", DEFERRED],
    ["action=451 4.3.2 Please use mx1\n\n", [DENYSOFT, [451, "Please use mx1", 3, 2]]],
    ["action=DUNNO\n\n", []],
    ["action=WARN Please use mx1.example.test\n\n", []],
    ["action=DEFER\n\n", []],
    ["action=\n\n", []],
    ["\n\n", []],
    ["\0\xff\n\n", []],
    ["action=REJECT no\n\n", []],
    ["x".repeat(10_000), []],
  ])("understands %j", async (answer, wanted) => {
    using guard = await guardThatSays(answer);
    expect(await ask({ path: guard.path }, CLIENT)).toEqual(wanted);
    expect(guard.requests).toEqual([REQUEST]);
  });

  test("asks with what it knows, whichever Haraka it is, on one line each", async () => {
    using guard = await guardThatSays("action=DUNNO\n\n");
    await ask(
      { path: guard.path },
      {
        ...CLIENT,
        results: { get: () => undefined },
        notes: { auth_user: "user\nrecipient=x" },
        transaction: { mail_from: { address: () => null } },
      },
    );
    expect(guard.requests).toEqual([
      REQUEST.replace("client_name=client.test", "client_name=unknown")
        .replace("sender=a@client.test", "sender=")
        .replace("sasl_username=", "sasl_username=user recipient=x"),
    ]);
  });

  test.each<[string, unknown]>([
    ["a client that may relay", { ...CLIENT, relaying: true }],
    ["a client that has gone", { ...CLIENT, transaction: null }],
    ["nobody", null],
  ])("asks nothing for %s", async (_, client) => {
    using guard = await guardThatSays("action=DEFER 4.3.2 Please use mx1\n\n");
    expect(await ask({ path: guard.path }, client)).toEqual([]);
    expect(guard.requests).toEqual([]);
  });

  test("takes mail when nobody listens, when the guard closes, when it is silent, and when it is not configured", async () => {
    using dead = refusedPort();
    using closing = await guardThatSays(null);
    using silent = await guardThatSays("");
    expect(await ask({ host: dead.hostname, port: dead.port }, CLIENT)).toEqual([]);
    expect(await ask({ path: join(folder, "none.sock") }, CLIENT)).toEqual([]);
    expect(await ask({ path: closing.path }, CLIENT)).toEqual([]);
    expect(await ask({ path: silent.path, timeout: "0.05" }, CLIENT)).toEqual([]);
    expect(await ask({ host: "127.0.0.1", port: "no" }, CLIENT)).toEqual([]);
  });

  test("is configured with a time that is longer than the guard's and shorter than Haraka's", async () => {
    const timeout = Number(/^timeout=(\d+)$/m.exec(await text("haraka/mxguard.ini"))?.[1]);
    expect(timeout).toBeGreaterThan(ANSWER_WITHIN);
    expect(timeout).toBeLessThan(30);
  });

  const node = Bun.which("node");

  test.skipIf(node === null)("is read by Node (skipped without it)", () => {
    expect(Bun.spawnSync([node ?? "", "--check", join(contrib, "haraka/mxguard.js")]).exitCode).toBe(0);
  });

  /** The plugin, loaded as Haraka does: its globals and its own `require` are given. */
  async function load(main: Readonly<Record<string, unknown>>): Promise<Plugin> {
    const plugin: Plugin = { cfg: { main }, register() {}, guard() {} };
    const haraka = { create: (...dsn: readonly unknown[]) => dsn };
    const provide = (name: string) => (name === "node:net" ? net : haraka);
    new Function("exports", "require", "DENYSOFT", await text("haraka/mxguard.js"))(
      plugin,
      provide,
      DENYSOFT,
    );
    return plugin;
  }

  /** What Haraka is told about a recipient; an error if it is told twice. */
  async function ask(main: Readonly<Record<string, unknown>>, client: unknown): Promise<readonly unknown[]> {
    const plugin = await load(main);
    const { promise, resolve, reject } = Promise.withResolvers<readonly unknown[]>();
    let isTold = false;
    const next = (...answer: readonly unknown[]) => {
      if (isTold) reject(new Error("told twice"));
      isTold = true;
      resolve(answer);
    };
    plugin.guard(next, client, [{ address: "user@example.test" }]);
    return promise;
  }

  /** A guard that gives one answer to every request; null closes the connection. */
  function guardThatSays(answer: string | null) {
    return fakePolicyServer(join(folder, `${crypto.randomUUID()}.sock`), () => answer);
  }
});
