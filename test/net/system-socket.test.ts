import { describe, expect, test } from "bun:test";
import { readFileSync, readlinkSync } from "node:fs";
import { beginConnect, closeDescriptor } from "../../src/net/system-socket.ts";
import { refusedPort } from "../fake/dead-port.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";

/** What this process's descriptor stands for: "socket", "/dev/null" …; undefined for nothing. */
function kindOf(descriptor: number): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`).split(":")[0];
  } catch {
    return undefined;
  }
}

/** Runs code in a process of its own that has both functions at hand, and tells what it returned. */
async function elsewhere(code: string, limit = ""): Promise<unknown> {
  const module = JSON.stringify(`${import.meta.dir}/../../src/net/system-socket.ts`);
  const whole = `const { beginConnect, closeDescriptor } = await import(${module});
    console.log(JSON.stringify((() => { ${code} })() ?? null));`;
  const child = Bun.spawn(["bash", "-c", `${limit} exec "$0" -e "$1"`, process.execPath, whole]);
  return JSON.parse(await child.stdout.text());
}

describe("beginConnect()", () => {
  test.each(["127.0.0.1", "::1"])("makes a socket that connects to %s", async (hostname) => {
    using server = fakeSmtpServer("S: 220 hello\n(close)", { hostname });
    const descriptor = beginConnect({ address: hostname, port: server.port });
    if (typeof descriptor !== "number") throw new Error(`No descriptor: ${descriptor}`);
    expect(kindOf(descriptor)).toBe("socket");
    const over = Promise.withResolvers<string>();
    let heard = "";
    const socket: Bun.SocketHandler<undefined> = {
      data: (_, octets) => {
        heard += octets.toString();
      },
      close: () => over.resolve(heard),
    };
    await Bun.connect({ fd: descriptor, socket } as never);
    expect(await over.promise).toBe("220 hello\r\n");
  });

  test("makes one that no program inherits that is started meanwhile", () => {
    using dead = refusedPort();
    const descriptor = beginConnect({ address: dead.hostname, port: dead.port });
    if (typeof descriptor !== "number") throw new Error(`No descriptor: ${descriptor}`);
    const flags = /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, "utf8"))?.[1];
    closeDescriptor(descriptor);
    expect(Number.parseInt(flags ?? "", 8) & 0o2004000).toBe(0o2004000);
  });

  test("looks once whether the system's calls can be had", async () => {
    const code = `Object.defineProperty(process, "platform", { value: "linux" });
      const builtin = process.getBuiltinModule;
      let times = 0;
      process.getBuiltinModule = (name) => {
        if (name === "bun:ffi") times += 1;
        return name === "bun:ffi" ? { dlopen() { throw new Error("no JIT"); } } : builtin(name);
      };
      const made = [1, 2, 3].map(() => beginConnect({ address: "127.0.0.1", port: 1 }));
      return [times, made.every((one) => one === undefined)];`;
    expect(await elsewhere(code)).toEqual([1, true]);
  });

  test("says the system's code when it is out of descriptors", async () => {
    const code = `const made = [];
      for (;;) {
        const one = beginConnect({ address: "127.0.0.1", port: 1 });
        if (typeof one !== "number") return one;
        made.push(one);
      }`;
    expect(await elsewhere(code, "ulimit -n 40;")).toBe("EMFILE");
  });

  test("keeps no descriptor of a connect that fails at once", async () => {
    const code = `const codes = new Set();
      for (let time = 0; time < 200; time += 1) codes.add(beginConnect({ address: "255.255.255.255", port: 25 }));
      return [...codes];`;
    expect(await elsewhere(code, "ulimit -n 40;")).toEqual(["ENETUNREACH"]);
  });

  test("leaves an address with a zone to Bun", () => {
    expect(beginConnect({ address: "fe80::1%lo", port: 25 })).toBeUndefined();
  });

  test("leaves it all to Bun where the system's calls cannot be had", async () => {
    const code = `Object.defineProperty(process, "platform", { value: "darwin" });
      return typeof beginConnect({ address: "127.0.0.1", port: 1 });`;
    expect(await elsewhere(code)).toBe("undefined");
  });
});

test("closeDescriptor() gives it back", () => {
  using dead = refusedPort();
  const descriptor = beginConnect({ address: dead.hostname, port: dead.port });
  if (typeof descriptor !== "number") throw new Error(`No descriptor: ${descriptor}`);
  closeDescriptor(descriptor);
  expect(kindOf(descriptor)).toBeUndefined();
});
