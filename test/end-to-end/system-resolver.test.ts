import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { makeFolder } from "../cache/sqlite/fixtures.ts";
import type { Zone } from "../fake/zone.ts";
import { commands, compiled, inShell, PATIENCE_MS, projectFolder, run, withoutTimes } from "./command.ts";

setDefaultTimeout(PATIENCE_MS);

const ZONE: Zone = {
  "example.test": {
    MX: [
      [20, "mx2.example.test"],
      [10, "mx1.example.test"],
    ],
  },
  "mx1.example.test": { A: ["127.0.0.11"] },
  "mx2.example.test": { A: ["127.0.0.12"] },
  "failing.test": "SERVFAIL",
  "dotless.test": { MX: [[10, "dotless"]] },
  "nosuch.example.test.fallback.test": { A: ["127.0.0.1"] },
  "dotless.fallback.test": { A: ["127.0.0.1"] },
  "short.fallback.test": { A: ["127.0.0.1"] },
  "lost.test": { A: ["127.0.0.1"], AAAA: ["2001:db8::1"], manner: "first-a-lost" },
};

/** Greets at port 2525, and tells when it does. */
const MAIL_SERVER = `
  const socket = { open: (one) => one.write("220 up\\r\\n"), data: (one) => one.end() };
  Bun.listen({ hostname: "127.0.0.1", port: 2525, socket });
  console.log("up");
`;

/** Makes a network of its own, in which the system's name server is a fake one; then runs the program there. */
const WITH_NAME_SERVER = `
  set -e
  ip link set lo up
  mount --bind "$FOLDER/resolv.conf" /etc/resolv.conf
  mount --bind "$FOLDER/hosts" /etc/hosts
  mkfifo "$FOLDER/ready" "$FOLDER/up"
  "$BUN" -e "$MAIL_SERVER" >"$FOLDER/up" &
  mail=$!
  "$BUN" test/fake/name-server.ts "$FOLDER/zone.json" 53 >"$FOLDER/ready" 2>&1 &
  trap "kill $! $mail" EXIT
  read -r _ <"$FOLDER/up"
  read -r port <"$FOLDER/ready"
  test "$port" = 53
  "$@"
`;

const NAMESPACES = ["unshare", "--user", "--map-root-user", "--net", "--mount"] as const;
const mayPretend =
  Bun.which("ip") !== null &&
  Bun.spawnSync([...NAMESPACES, "mount", "--bind", "/etc/resolv.conf", "/etc/resolv.conf"]).exitCode === 0;

describe.skipIf(!mayPretend).each(commands)("smtpdcheck $name, without --dns", (command) => {
  const asksNobody = ["-v", "--timeout", "9", "-p", "2525"];

  async function ask(...args: readonly string[]) {
    return await askWith(WITH_NAME_SERVER, "", ...args);
  }

  async function askWith(network: string, resolvConf: string, ...args: readonly string[]) {
    using folder = makeFolder();
    await Bun.write(
      join(folder.path, "resolv.conf"),
      resolvConf || "nameserver 127.0.0.1\nsearch fallback.test\n",
    );
    await Bun.write(join(folder.path, "hosts"), "127.0.0.1 localhost listed.test\n");
    await Bun.write(join(folder.path, "zone.json"), JSON.stringify(ZONE));
    const under = [...NAMESPACES, ...inShell(network)];
    const env = { FOLDER: folder.path, BUN: process.execPath, MAIL_SERVER };
    return await run(command, args, { under, env, cwd: projectFolder });
  }

  test("asks the system's name servers for exchangers", async () => {
    const ran = await ask("-v", "--mx", "example.test", "--stop", "mx2.example.test");
    expect({ ...ran, stderr: withoutTimes(ran.stderr).split("\n").toSorted() }).toEqual({
      status: 0,
      stdout: "",
      stderr: [
        "",
        "mx1.example.test: unavailable: 127.0.0.11 refused the connection (dns N ms, connect N ms)",
        "mx2.example.test: skipped: stop host",
      ],
    });
  });

  test("exits 2 when they fail for a domain", async () => {
    expect(await ask("--mx", "failing.test")).toEqual({
      status: 2,
      stdout: "",
      stderr: 'smtpdcheck: Cannot look up the mail exchangers of "failing.test": SERVFAIL\n',
    });
  });

  test.each([
    ["a name with a dot", ["nosuch.example.test"]],
    ["a name that ends with a dot", ["dotless."]],
    ["an exchanger without a dot", ["--mx", "dotless.test"]],
    ["a domain without MX records", ["--mx", "nosuch.example.test"]],
  ])("does not search for %s", async (_, words) => {
    const { status, stderr } = await ask(...asksNobody, ...words);
    expect({ status, stderr: withoutTimes(stderr) }).toEqual({
      status: 0,
      stderr: expect.stringMatching(/^(?:nosuch|dotless)\S*: unavailable: name not found \(dns N ms\)\n$/),
    });
  });

  test.each([
    ["searches for a name without a dot", "short"],
    ["reads the hosts file", "listed.test"],
    ["finds a server though one question is lost, and the other leads nowhere", "lost.test"],
  ])("%s", async (_, server) => {
    expect(await ask("-p", "2525", server)).toEqual({ status: 1, stdout: `${server}\n`, stderr: "" });
  });

  test.each([
    ["refuse", "nameserver 127.0.0.1\n"],
    ["are unreachable", "nameserver 192.0.2.53\n"],
    ["are missing", "# none\n"],
  ])("cannot tell when name servers %s, and keeps nothing of that", async (_, resolvConf) => {
    const network = `ip link set lo up; mount --bind "$FOLDER/resolv.conf" /etc/resolv.conf; "$@" --cache "$FOLDER/cache" && exit 9; "$@" --cache "$FOLDER/cache"`;
    const ran = await askWith(network, resolvConf, "mx.example.test");
    const line =
      "smtpdcheck: Cannot tell whether a server is available: mx.example.test: could not be probed by this machine: no connection to a name server\n";
    expect({ ...ran, stderr: withoutTimes(ran.stderr) }).toEqual({
      status: 2,
      stdout: "",
      stderr: line.repeat(2),
    });
  });
});

describe.skipIf(!mayPretend)("smtpdcheck compiled without a null device", () => {
  test.each([
    ["127.0.0.1:1", /refused the connection/],
    ["gone.localhost.test", /could not be probed by this machine: no connection to a name server/],
  ])("says of %s what it is", async (server, why) => {
    const network = 'ip link set lo up; mount -t tmpfs none /dev; "$@"';
    const under = [...NAMESPACES, ...inShell(network)];
    expect((await run(compiled, ["-v", server], { under })).stderr).toMatch(why);
  });
});

describe.skipIf(!mayPretend)("a library process that asks silent name servers", () => {
  test("ends when its check does", async () => {
    using folder = makeFolder();
    await Bun.write(join(folder.path, "resolv.conf"), "nameserver 127.0.0.1\n");
    await Bun.write(join(folder.path, "zone.json"), "{}");
    const silent = `
      ip link set lo up; mount --bind "$FOLDER/resolv.conf" /etc/resolv.conf; mkfifo "$FOLDER/ready"
      "$BUN" -e 'Bun.udpSocket({ hostname: "127.0.0.1", port: 53 }).then(() => console.log("ready")); setTimeout(process.exit, 30_000)' >"$FOLDER/ready" &
      trap "kill $!" EXIT
      read -r _ <"$FOLDER/ready"
      "$BUN" -e "$ASK"; exit`;
    const ASK = `
      import { check } from "./index.ts";
      const startedAtMs = performance.now();
      const { servers } = await check("mx.example.test", { timeoutMs: 300 });
      const endedAtMs = performance.now();
      process.on("exit", () => console.log(JSON.stringify({
        outcome: servers[0].outcome,
        inTime: endedAtMs - startedAtMs < 3_000 && performance.now() - endedAtMs < 3_000,
      })));`;
    const env = { ...process.env, FOLDER: folder.path, BUN: process.execPath, ASK };
    const command = [...NAMESPACES, ...inShell(silent)];
    await using child = Bun.spawn(command, { cwd: projectFolder, env, stdout: "pipe", stderr: "inherit" });
    expect(JSON.parse(await child.stdout.text())).toEqual({
      outcome: { kind: "timed-out", stage: "dns" },
      inTime: true,
    });
  });
});
