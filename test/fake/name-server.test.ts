import { expect, test } from "bun:test";
import { Resolver } from "node:dns/promises";
import { type FakeNameServer, fakeNameServer } from "./name-server.ts";
import type { Entry } from "./zone.ts";

const A_QUESTION = "01610474657374000001 0001";
const OPT_4096_OCTETS = "00 0029 1000 00000000 0000";

/** Asks for the address of `a.test` over UDP, as octets in hexadecimal; the replies that came, as many as are wanted. */
async function askRaw(server: FakeNameServer, wanted: number, opt = ""): Promise<readonly string[]> {
  const replies: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const socket = await Bun.udpSocket({
    hostname: "127.0.0.1",
    connect: { hostname: "127.0.0.1", port: server.port },
    socket: {
      data(_, packet) {
        replies.push(packet.toString("hex"));
        if (replies.length === wanted) resolve();
      },
    },
  });
  const counts = `0001 0000 0000 ${opt === "" ? "0000" : "0001"}`;
  socket.send(octets(`1234 0100 ${counts} ${A_QUESTION} ${opt}`));
  await promise;
  socket.close();
  return replies;
}

function octets(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));
}

function asks(server: FakeNameServer): Resolver {
  const resolver = new Resolver();
  resolver.setServers([server.address]);
  return resolver;
}

function packet(...parts: readonly string[]): string {
  return parts.join("").replaceAll(" ", "");
}

const A_RECORD = "0161047465737400 0001 0001 0000003c 0004 c0000201";
const ANSWER = packet("1234 8180 0001 0001 0000 0000", A_QUESTION, A_RECORD);

test("fakeNameServer() answers from its zone, and remembers the questions", async () => {
  using server = await fakeNameServer({
    "a.test": { A: ["192.0.2.1", "192.0.2.2"], AAAA: ["2001:db8::1:0"] },
    "b.test": {
      MX: [
        [20, String.raw`mx\.2.test`],
        [10, "mx1.test."],
      ],
    },
    "c.test": { CNAME: "A.test." },
    "1.2.0.192.in-addr.arpa": { PTR: "a.test" },
  });
  const resolver = asks(server);
  expect(await resolver.resolve4("a.test")).toEqual(["192.0.2.1", "192.0.2.2"]);
  expect(await resolver.resolve6("A.test")).toEqual(["2001:db8::1:0"]);
  expect(await resolver.resolve4("c.test")).toEqual(["192.0.2.1", "192.0.2.2"]);
  expect(await resolver.resolveCname("c.test")).toEqual(["A.test"]);
  expect(await resolver.resolveMx("b.test")).toEqual([
    { priority: 20, exchange: String.raw`mx\.2.test` },
    { priority: 10, exchange: "mx1.test" },
  ]);
  expect(await resolver.resolvePtr("1.2.0.192.in-addr.arpa")).toEqual(["a.test"]);
  expect(server.questions).toEqual([
    "A a.test",
    "AAAA a.test",
    "A c.test",
    "CNAME c.test",
    "MX b.test",
    "PTR 1.2.0.192.in-addr.arpa",
  ]);
});

test("fakeNameServer() says why not", async () => {
  using server = await fakeNameServer({
    "nodata.test": {},
    "half.test": { A: "SERVFAIL", AAAA: ["::1"] },
    "refused.test": "REFUSED",
    "dangling.test": { CNAME: "gone.test" },
  });
  const resolver = asks(server);
  const codes = ["nodata.test", "half.test", "refused.test", "gone.test", "dangling.test"].map((name) =>
    resolver.resolve4(name).catch(({ code }) => code),
  );
  expect(await Promise.all(codes)).toEqual(["ENOTFOUND", "ESERVFAIL", "EREFUSED", "ENOTFOUND", "ENOTFOUND"]);
});

test("fakeNameServer() writes the packets of RFC 1035", async () => {
  using server = await fakeNameServer({ "a.test": { A: ["192.0.2.1"] } });
  expect(await askRaw(server, 1)).toEqual([ANSWER]);
});

test.each<[Entry["manner"], readonly string[]]>([
  ["truncated", [packet("1234 8380 0001 0000 0000 0000", A_QUESTION)]],
  ["truncated-tcp-closes", [packet("1234 8380 0001 0000 0000 0000", A_QUESTION)]],
  ["another-id", [ANSWER.replace("1234", "1235")]],
  ["forged-first", [ANSWER.replace("1234", "1235").replace("c0000201", "c0000242"), ANSWER]],
  ["cut", [ANSWER.slice(0, 62)]],
  [
    "pointer-loop",
    [packet("1234 8180 0001 0001 0000 0000", A_QUESTION, "c018 0001 0001 0000003c 0004 c0000201")],
  ],
  ["another-question", [ANSWER.replaceAll("016104", "07616e6f7468657204")]],
])("fakeNameServer() spoils an answer: %s", async (manner, replies) => {
  using server = await fakeNameServer({
    "a.test": { A: ["192.0.2.1"], ...(manner === undefined ? {} : { manner }) },
  });
  expect(await askRaw(server, replies.length)).toEqual(replies);
});

test("fakeNameServer() gives a truncated answer over TCP", async () => {
  using server = await fakeNameServer({ "a.test": { A: ["192.0.2.1"], manner: "truncated" } });
  expect(await asks(server).resolve4("a.test")).toEqual(["192.0.2.1"]);
  expect(server.questions).toEqual(["A a.test", "A a.test (tcp)"]);
});

test("fakeNameServer() truncates what is too large for UDP, by the asker's measure", async () => {
  const addresses = Array.from({ length: 40 }, (_, at) => `192.0.2.${at}`);
  using server = await fakeNameServer({ "a.test": { A: addresses } });
  const [cutShort] = await askRaw(server, 1);
  const [whole] = await askRaw(server, 1, OPT_4096_OCTETS);
  expect(cutShort).toBe(packet("1234 8380 0001 0000 0000 0000", A_QUESTION));
  expect(whole).toStartWith(packet("1234 8180 0001 0028"));
});

test("fakeNameServer() leaves a CNAME bare, and follows a loop once", async () => {
  using server = await fakeNameServer({
    "bare.test": { CNAME: "b.test", manner: "bare-cname" },
    "b.test": { A: ["192.0.2.1"] },
    "one.test": { CNAME: "two.test" },
    "two.test": { CNAME: "one.test" },
  });
  const resolver = asks(server);
  expect(await resolver.resolve4("bare.test")).toEqual([]);
  expect(await resolver.resolveCname("bare.test")).toEqual(["b.test"]);
  expect(await resolver.resolve4("one.test")).toEqual([]);
});

test("release() sends the answers that are held, asked() waits for a question", async () => {
  using server = await fakeNameServer({ "*": { A: ["192.0.2.1"], manner: "held" } });
  let isAnswered = false;
  const answered = asks(server)
    .resolve4("any.test")
    .finally(() => (isAnswered = true));
  await server.asked("A any.test");
  expect(isAnswered).toBe(false);
  server.release();
  expect(await answered).toEqual(["192.0.2.1"]);
});

test("name-server.ts runs alone, with a file as its zone", async () => {
  await using server = Bun.spawn(["bun", `${import.meta.dir}/name-server.ts`, "/dev/stdin"], {
    stdin: new Blob([JSON.stringify({ "a.test": { A: ["192.0.2.1"] } })]),
    stdout: "pipe",
  });
  const { value = new Uint8Array() } = await server.stdout.getReader().read();
  const resolver = new Resolver();
  resolver.setServers([`127.0.0.1:${new TextDecoder().decode(value).trim()}`]);
  expect(await resolver.resolve4("a.test")).toEqual(["192.0.2.1"]);
});
