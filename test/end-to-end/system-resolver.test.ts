import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { makeFolder } from "../cache/sqlite/fixtures.ts";
import type { Zone } from "../fake/zone.ts";
import { commands, inShell, PATIENCE_MS, projectFolder, run, withoutTimes } from "./command.ts";

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
};

/** Makes a network of its own, in which the system's name server is a fake one; then runs the program there. */
const WITH_NAME_SERVER = `
  set -e
  ip link set lo up
  mount --bind "$FOLDER/resolv.conf" /etc/resolv.conf
  mkfifo "$FOLDER/ready"
  "$BUN" test/fake/name-server.ts "$FOLDER/zone.json" 53 >"$FOLDER/ready" 2>&1 &
  trap "kill $!" EXIT
  read -r port <"$FOLDER/ready"
  test "$port" = 53
  "$@"
`;

const NAMESPACES = ["unshare", "--user", "--map-root-user", "--net", "--mount"] as const;
const mayPretend =
  Bun.which("ip") !== null &&
  Bun.spawnSync([...NAMESPACES, "mount", "--bind", "/etc/resolv.conf", "/etc/resolv.conf"]).exitCode === 0;

describe.skipIf(!mayPretend).each(commands)("smtpdcheck $name --mx, without --dns", (command) => {
  async function ask(...args: readonly string[]) {
    using folder = makeFolder();
    await Bun.write(join(folder.path, "resolv.conf"), "nameserver 127.0.0.1\n");
    await Bun.write(join(folder.path, "zone.json"), JSON.stringify(ZONE));
    const under = [...NAMESPACES, ...inShell(WITH_NAME_SERVER)];
    const env = { FOLDER: folder.path, BUN: process.execPath };
    return await run(command, args, { under, env, cwd: projectFolder });
  }

  test("asks the system's name servers", async () => {
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

  test("exits 2 when they fail", async () => {
    expect(await ask("--mx", "failing.test")).toEqual({
      status: 2,
      stdout: "",
      stderr: 'smtpdcheck: Cannot look up the mail exchangers of "failing.test": SERVFAIL\n',
    });
  });
});
