import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ListenAddress } from "../../src/guard/listen-address.ts";
import { cannotListen, identityOf, ListenError, makeSocket, makeWay } from "../../src/guard/unix-socket.ts";
import { ToldError } from "../../src/text/errors.ts";
import { fullSocket } from "../fake/full-socket.ts";

const isRoot = process.getuid?.() === 0;
const SOURCE = JSON.stringify(`${import.meta.dir}/../../src/guard/unix-socket.ts`);

let folder = "";
let path = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "smtpdcheck-socket-"));
  path = join(folder, "guard");
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function listen() {
  const listener = Bun.listen({ unix: path, socket: { data() {} } });
  return { [Symbol.dispose]: () => listener.stop(true) };
}

/** A socket whose process is gone. */
async function makeStale(): Promise<void> {
  const code = `Bun.listen({ unix: ${JSON.stringify(path)}, socket: { data() {} } }); process.kill(process.pid, "SIGKILL");`;
  await Bun.spawn([process.execPath, "-e", code], { stdio: ["ignore", "ignore", "ignore"] }).exited;
  expect(lstatSync(path).isSocket()).toBe(true);
}

function unix(news: Partial<Extract<ListenAddress, { kind: "unix" }>> = {}) {
  return { kind: "unix", path, mode: undefined, owner: null, group: null, ...news } as const;
}

/** What a call comes to in a process that has no rights. */
async function asNobody(call: string): Promise<string> {
  const code = `process.setgroups([]); process.setgid(65534); process.setuid(65534);
    const { makeSocket, makeWay } = await import(${SOURCE});
    const said = await new Promise((resolve) => resolve(${call})).then(() => "no failure", ({ message }) => message);
    console.log(said); process.exit(0);`;
  const child = Bun.spawn([process.execPath, "-e", code], { stderr: "inherit" });
  return (await child.stdout.text()).trim();
}

function failureOf(work: () => unknown): Promise<string> {
  return new Promise((resolve) => resolve(work())).then(
    () => "no failure",
    (error: unknown) => (error instanceof ListenError ? error.message : `another error: ${error}`),
  );
}

describe("makeWay()", () => {
  test("has nothing to do where nothing is", async () => {
    await makeWay(path);
    expect(existsSync(path)).toBe(false);
  });

  test("removes a stale socket", async () => {
    await makeStale();
    await makeWay(path);
    expect(existsSync(path)).toBe(false);
  });

  test("throws a ListenError where another listens, and leaves that alone", async () => {
    using _ = listen();
    expect(await failureOf(() => makeWay(path))).toBe(
      `Cannot listen on ${path}: another process listens there`,
    );
    expect(lstatSync(path).isSocket()).toBe(true);
  });

  test("throws a ListenError where another listens that has no time to accept anybody", async () => {
    using _ = fullSocket(path);
    expect(await failureOf(() => makeWay(path))).toBe(
      `Cannot listen on ${path}: another process listens there`,
    );
    expect(lstatSync(path).isSocket()).toBe(true);
  });

  test.each([
    ["a file", () => writeFileSync(path, "precious")],
    ["an empty file", () => writeFileSync(path, "")],
    ["a folder", () => mkdirSync(path)],
    ["a link to nowhere", () => symlinkSync("/nowhere", path)],
    ["a FIFO", () => void Bun.spawnSync(["mkfifo", path])],
  ])("throws a ListenError and removes nothing where %s is", async (_, make) => {
    make();
    const before = identityOf(path);
    expect(await failureOf(() => makeWay(path))).toBe(
      `Cannot listen on ${path}: there is a file that is no socket`,
    );
    expect(identityOf(path)).toBe(before);
  });

  test("throws a ListenError and removes nothing where a link to a stale socket is", async () => {
    await makeStale();
    const link = join(folder, "link");
    symlinkSync(path, link);
    expect(await failureOf(() => makeWay(link))).toBe(
      `Cannot listen on ${link}: there is a file that is no socket`,
    );
    expect(lstatSync(path).isSocket()).toBe(true);
  });

  test("throws a ListenError where the folder is a file, and has nothing to do where it is missing", async () => {
    writeFileSync(path, "");
    expect(await failureOf(() => makeWay(`${path}/x`))).toBe(
      `Cannot listen on ${path}/x: its folder is a file`,
    );
    expect(await failureOf(() => makeWay(`${folder}/none/x`))).toBe("no failure");
  });

  test.skipIf(!isRoot)("throws a ListenError where it may not ask who listens", async () => {
    using _ = listen();
    chmodSync(folder, 0o777);
    chmodSync(path, 0o600);
    expect(await asNobody(`makeWay(${JSON.stringify(path)})`)).toBe(
      `Cannot listen on ${path}: another process listens there`,
    );
    expect(existsSync(path)).toBe(true);
  });

  test.skipIf(!isRoot)("throws a ListenError where it may not remove a stale socket", async () => {
    await makeStale();
    chmodSync(folder, 0o755);
    chmodSync(path, 0o666);
    expect(await asNobody(`makeWay(${JSON.stringify(path)})`)).toBe(
      `Cannot listen on ${path}: permission denied`,
    );
  });
});

describe("makeSocket()", () => {
  const modeOf = () => (lstatSync(path).mode & 0o777).toString(8);

  test.each([
    [0o660, 0o022, "660"],
    [0o666, 0o077, "666"],
    [0o600, 0o000, "600"],
    [0, 0o022, "0"],
    [undefined, 0o022, "644"],
    [undefined, 0o077, "600"],
    [undefined, 0o007, "660"],
  ])("with mode %p under umask %p makes one of mode %s, and lets nobody in before", (mode, umask, wanted) => {
    const before = process.umask(umask);
    let atFirst = "";
    try {
      using _ = makeSocket(unix({ mode }), () => {
        const listening = listen();
        atFirst = modeOf();
        return listening;
      });
      expect([atFirst, modeOf(), process.umask()]).toEqual(["600", wanted, umask]);
    } finally {
      process.umask(before);
    }
  });

  test("gives back what `listen` made", () => {
    expect(makeSocket(unix(), () => writeFileSync(path, "") ?? "made")).toBe("made");
  });

  test.skipIf(!isRoot)("gives it to owner and group, by name or number", () => {
    const owners = (owner: string | null, group: string | null) => {
      using _ = makeSocket(unix({ owner, group }), listen);
      const { uid, gid } = lstatSync(path);
      return [uid, gid] as const;
    };
    const nobody = Number(/^nobody:[^:]*:(\d+):/m.exec(readFileSync("/etc/passwd", "utf8"))?.[1]);
    const mail = Number(/^mail:[^:]*:(\d+):/m.exec(readFileSync("/etc/group", "utf8"))?.[1]);
    const [ownUid, ownGid] = owners(null, null);
    expect([
      owners("nobody", "mail"),
      owners("nobody", null),
      owners(null, "mail"),
      owners("12345", "54321"),
    ]).toEqual([
      [nobody, mail],
      [nobody, ownGid],
      [ownUid, mail],
      [12_345, 54_321],
    ]);
  });

  test.each<[string | null, string | null, string]>([
    ["no-such-user", null, 'there is no user "no-such-user"'],
    [null, "no-such-group", 'there is no group "no-such-group"'],
    ["", null, 'there is no user ""'],
  ])("throws a ListenError before it listens for owner %p and group %p", async (owner, group, why) => {
    let isCalled = false;
    const failure = await failureOf(() =>
      makeSocket(unix({ owner, group }), () => {
        isCalled = true;
      }),
    );
    expect([failure, isCalled]).toEqual([`Cannot listen on ${path}: ${why}`, false]);
  });

  test("throws a ListenError that says why nobody can listen, and has the umask back", async () => {
    const before = process.umask();
    using _ = listen();
    expect(await failureOf(() => makeSocket(unix(), listen))).toStartWith(`Cannot listen on ${path}: `);
    expect(process.umask()).toBe(before);
  });

  test.skipIf(!isRoot)("removes what it made when that cannot be given away", async () => {
    chmodSync(folder, 0o777);
    const address = JSON.stringify(unix({ owner: "root" }));
    const code = `makeSocket(${address}, () => Bun.listen({ unix: ${JSON.stringify(path)}, socket: { data() {} } }))`;
    expect(await asNobody(code)).toBe(`Cannot listen on ${path}: permission denied`);
    expect(existsSync(path)).toBe(false);
  });
});

describe("identityOf()", () => {
  test("tells a socket from a later one at the same path, and none from either", () => {
    const identities: (string | undefined)[] = [identityOf(path)];
    {
      using _ = listen();
      identities.push(identityOf(path), identityOf(path));
      writeFileSync(join(folder, "keeps the inode busy"), "");
      renameSync(path, join(folder, "old"));
      writeFileSync(path, "");
      identities.push(identityOf(path));
    }
    const [none, socket, again, other] = identities;
    expect([none, socket === undefined, again === socket, other === socket]).toEqual([
      undefined,
      false,
      true,
      false,
    ]);
  });
});

test("cannotListen() is told in one line", () => {
  const error = cannotListen("/run/a\nb", "no");
  expect([error instanceof ToldError, error.name, error.message]).toEqual([
    true,
    "ListenError",
    "Cannot listen on /run/a\\nb: no",
  ]);
});
