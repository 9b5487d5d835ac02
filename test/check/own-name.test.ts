import { afterEach, describe, expect, mock, spyOn, test } from "bun:test";
import { fullNameOf } from "../../src/check/own-name.ts";

afterEach(() => {
  mock.restore();
});

function withHosts(text: string | Error) {
  const { file } = Bun;
  return spyOn(Bun, "file").mockImplementation(((path: string) =>
    path === "/etc/hosts"
      ? { text: () => (text instanceof Error ? Promise.reject(text) : Promise.resolve(text)) }
      : file(path)) as never);
}

describe("fullNameOf()", () => {
  test.each(["mx.example.org", "A-1.example.org", "a.b"])(
    "takes %s as it is, and reads no file",
    async (name) => {
      const read = withHosts("192.0.2.1 other.example.org mx");
      expect(await fullNameOf(name)).toBe(name);
      expect(read).not.toHaveBeenCalled();
    },
  );

  test.each<[string, string]>([
    ["127.0.1.1 mx.example.org mx", "mx.example.org"],
    ["127.0.1.1\tmx mx.example.org # ours", "mx.example.org"],
    ["# mx.comment.org mx\n127.0.0.1 localhost\n127.0.1.1 mx.example.org mx\n", "mx.example.org"],
    ["127.0.0.1 localhost.localdomain mx\n192.0.2.1 mx.example.org mx", "mx.example.org"],
    ["192.0.2.1 mx alias mx.example.org", "mx.example.org"],
  ])("finds in %j that of mx", async (hosts, name) => {
    withHosts(hosts);
    expect(await fullNameOf("mx")).toBe(name);
  });

  test.each<[string]>([
    [""],
    ["127.0.0.1 localhost mx"],
    ["192.0.2.1 mx.example.org mx2"],
    ["# 192.0.2.1 mx.example.org mx"],
    ["mx mx.example.org"],
  ])("finds in %j none", async (hosts) => {
    withHosts(hosts);
    expect(await fullNameOf("mx")).toBeNull();
  });

  test("finds none where there is no file, and in a name that is none", async () => {
    withHosts(new Error("ENOENT"));
    expect(await fullNameOf("mx")).toBeNull();
    expect(await fullNameOf("mx_1.example.org")).toBeNull();
    expect(await fullNameOf("")).toBeNull();
  });

  test("finds none in an address, which is said as a literal", async () => {
    withHosts("");
    expect(await fullNameOf("192.0.2.1")).toBeNull();
  });
});
