import { expect, test } from "bun:test";
import { blackhole, refusedPort } from "./dead-port.ts";

function connect(port: number): Promise<string> {
  return Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } }).then(
    () => "opened",
    (error: { code?: string }) => error.code ?? "failed",
  );
}

test("refusedPort() refuses", async () => {
  using dead = refusedPort();
  expect(await connect(dead.port)).toBe("ECONNREFUSED");
});

test("refusedPort() holds its port", () => {
  using dead = refusedPort();
  expect(() => Bun.listen({ hostname: "127.0.0.1", port: dead.port, socket: { data() {} } })).toThrow();
});

test("blackhole() neither opens nor refuses, however many knock", async () => {
  using dead = blackhole();
  const knocks = Array.from({ length: 5 }, () => connect(dead.port));
  expect(await Promise.race([...knocks, Bun.sleep(150).then(() => "silence")])).toBe("silence");
});
