import { describe, expect, mock, spyOn, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check } from "../../src/check/check.ts";
import { talksOf } from "../../src/check/dialogue-talks.ts";
import type { CheckOptions } from "../../src/check/options.ts";
import { INJECTION } from "../../src/smtp/line.ts";
import type { Target } from "../../src/text/target.ts";
import { identity } from "../fake/certificates.ts";
import { ACCOUNT, serveAuth } from "../fake/sasl-server.ts";
import { BROKEN_HANDSHAKES, type Play, scripted, tlsSmtpServer } from "../fake/tls-smtp-server.ts";
import { zoneResolver } from "../fake/zone-resolver.ts";

const HELLO = "S: 220 mx.test\nC: EHLO me.test\nS: 250-mx.test\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go on";
const SECURE = `${HELLO}\n(tls)\nC: EHLO me.test\nS: 250 mx.test\nC: QUIT`;
const SENDS = "C: MAIL FROM:<>\nS: 250 fine\nC: RSET\nS: 250 fine\nC: QUIT";
const IN_THE_CLEAR = `S: 220 mx.test\nC: EHLO me.test\nS: 250-mx.test\nS: 250 STARTTLS\n${SENDS}`;
const ZONE = {
  "mx.test": ["127.0.0.1"],
  "other.test": ["127.0.0.1"],
  "two.test": ["127.0.0.71", "127.0.0.72"],
};
const AUTHORITIES = identity("root").cert;

function ask(server: string, options: CheckOptions) {
  return check(server, { resolver: zoneResolver(ZONE), helo: "me.test", timeoutMs: 4_000, ...options });
}

async function verify(
  server: string,
  tls: CheckOptions["tls"],
  name: Parameters<typeof identity>[0] = "good",
) {
  using listener = tlsSmtpServer(SECURE, { tls: identity(name) });
  const { servers } = await ask(`${server}:${listener.port}`, {
    quitAfter: "starttls",
    tls: { level: "verify", authorities: AUTHORITIES, ...tls },
  });
  return [servers[0]?.outcome.kind, (await listener.ended()).serverName];
}

describe("check() verifies a server", () => {
  test("by its name, which is the SNI too", async () => {
    expect(await verify("mx.test", {})).toEqual(["reached", "mx.test"]);
    expect(await verify("mx.test.", {})).toEqual(["reached", "mx.test"]);
    expect(await verify("other.test", {})).toEqual(["certificate-name", "other.test"]);
  });

  test("by its address, of which there is no SNI", async () => {
    expect(await verify("127.0.0.1", {}, "address")).toEqual(["reached", ""]);
    expect(await verify("127.0.0.1", {}, "good")).toEqual(["certificate-name", ""]);
    expect(await verify("127.0.0.1", {}, "addressAsName")).toEqual(["certificate-name", ""]);
  });

  test("by another name, right or wrong", async () => {
    expect(await verify("127.0.0.1", { name: "mx.test" })).toEqual(["reached", "mx.test"]);
    expect(await verify("other.test", { name: "mx.test" })).toEqual(["reached", "mx.test"]);
    expect(await verify("mx.test", { name: "other.test" })).toEqual(["certificate-name", "other.test"]);
    expect(await verify("mx.test", { name: "127.0.0.1" }, "address")).toEqual(["reached", ""]);
  });

  test("by authorities that it is given beside the system's", async () => {
    using server = tlsSmtpServer(SECURE, { tls: identity("good") });
    const { servers } = await ask(`mx.test:${server.port}`, {
      quitAfter: "starttls",
      tls: { level: "verify" },
    });
    expect(servers[0]?.outcome.kind).toBe("certificate-incomplete");
  });

  test("and asks for less by default", async () => {
    using server = tlsSmtpServer(SECURE, { tls: identity("selfSigned") });
    const { servers } = await ask(`mx.test:${server.port}`, { quitAfter: "starttls" });
    expect(servers[0]).toMatchObject({
      outcome: { kind: "reached" },
      dialogue: { tls: { faults: [{ kind: "certificate-untrusted" }] } },
    });
  });
});

describe("check() with --tls may", () => {
  function afterHello(play: Play): Play {
    return async (client) => {
      await client.play(HELLO);
      await play(client);
    };
  }

  async function fallBack(broken: Play, options: CheckOptions = {}) {
    using server = tlsSmtpServer([broken, scripted(IN_THE_CLEAR)], { tls: identity("good") });
    const { servers } = await ask(`mx.test:${server.port}`, { quitAfter: "mail", ...options });
    await server.ended(server.clients.length - 1);
    return { report: servers[0], heard: server.clients.map(({ heard }) => heard) };
  }

  test.each(Object.entries(BROKEN_HANDSHAKES))("comes again in the clear after %s", async (_, broken) => {
    const { report, heard } = await fallBack(afterHello(broken));
    expect(report).toMatchObject({
      outcome: { kind: "reached", stage: "mail" },
      dialogue: { tls: null, tlsFailure: expect.any(String) },
    });
    expect(heard).toHaveLength(2);
    expect(heard[1]).toBe("EHLO me.test\r\nMAIL FROM:<>\r\nRSET\r\nQUIT\r\n");
  });

  test("comes again after a handshake that stalls, in half of the time", async () => {
    const { report } = await fallBack(
      afterHello((client) => client.over()),
      { timeoutMs: 800 },
    );
    expect(report).toMatchObject({
      outcome: { kind: "reached" },
      dialogue: { tlsFailure: "the handshake took too long" },
    });
    expect(report?.dialogue?.stagesMs.starttls).toBeGreaterThan(300);
    expect(report?.elapsedMs).toBeGreaterThan(300);
  });

  test("comes again to a server that knows TLS 1.0 only", async () => {
    const tls = { ...identity("rsa"), minVersion: 0x0301, maxVersion: 0x0301 } as never;
    using server = tlsSmtpServer(
      [afterHello(async (client) => void (await client.secure())), scripted(IN_THE_CLEAR)],
      {
        tls,
      },
    );
    const { servers } = await ask(`mx.test:${server.port}`, { quitAfter: "mail" });
    expect(servers[0]).toMatchObject({
      outcome: { kind: "reached" },
      dialogue: { tlsFailure: "the server knows no TLS 1.2 or later" },
    });
  });

  test("tells what the second connection came to when that fails too", async () => {
    using server = tlsSmtpServer([afterHello(BROKEN_HANDSHAKES["one that is cut"]), scripted("S: 554 no")]);
    const { servers } = await ask(`mx.test:${server.port}`, { quitAfter: "mail" });
    expect(servers[0]).toMatchObject({
      outcome: { kind: "declined", stage: "greeting" },
      dialogue: { tlsFailure: "the connection was closed in the handshake" },
    });
  });

  test("does not come again after an injection", async () => {
    const { report, heard } = await fallBack(scripted(`${HELLO}\nS: 250 evil`));
    expect(report?.outcome).toMatchObject({ kind: "tls-failed", cause: INJECTION });
    expect(heard).toHaveLength(1);
  });

  test("does not come again with encrypt", async () => {
    const { report, heard } = await fallBack(afterHello(BROKEN_HANDSHAKES["one that is cut"]), {
      tls: { level: "encrypt" },
    });
    expect(report?.outcome.kind).toBe("tls-failed");
    expect(heard).toHaveLength(1);
  });

  test("goes on under TLS whoever the server is", async () => {
    const script = `${HELLO}\n(tls)\nC: EHLO me.test\nS: 250 mx.test\n${SENDS}`;
    using server = tlsSmtpServer(script, { tls: identity("expiredOtherName") });
    const { servers } = await ask(`mx.test:${server.port}`, { quitAfter: "mail" });
    expect(servers[0]).toMatchObject({ outcome: { kind: "reached" }, dialogue: { tlsFailure: null } });
  });
});

describe("check() uses a secret once:", () => {
  const AUTH: CheckOptions = { quitAfter: "auth", auth: ACCOUNT, tls: { authorities: AUTHORITIES } };

  /** Two addresses of one host, of which the first offers these mechanisms. */
  async function askTwo(mechanisms: string, secret: string, ending?: Play) {
    const play =
      (offered: string): Play =>
      async (client) => {
        await client.play(HELLO);
        if (!(await client.secure())) return;
        await client.play(`C: EHLO me.test\nS: 250-two.test\nS: 250 AUTH ${offered}`);
        await (ending ?? serveAuth)(client);
      };
    const tls = identity("good");
    using first = tlsSmtpServer(play(mechanisms), { tls, hostname: "127.0.0.71" });
    using second = tlsSmtpServer(play("PLAIN"), { tls, hostname: "127.0.0.72", port: first.port });
    const { servers } = await ask(`two.test:${first.port}`, {
      ...AUTH,
      auth: { ...ACCOUNT, secret },
      tls: { authorities: AUTHORITIES, name: "mx.test" },
      timeoutMs: 600,
    });
    return [servers[0]?.outcome.kind, first.clients.length, second.clients.length];
  }

  test("an address that refused it is the last", async () => {
    expect(await askTwo("PLAIN", "wrong")).toEqual(["auth-failed", 1, 0]);
  });

  test("so is one that put it off", async () => {
    expect(
      await askTwo("PLAIN", ACCOUNT.secret, async (client) => {
        await client.line();
        await client.say("454 4.7.0 later");
        await client.over();
      }),
    ).toEqual(["deferred", 1, 0]);
  });

  test("so is one that closed on it", async () => {
    expect(
      await askTwo("PLAIN", ACCOUNT.secret, async (client) => {
        await client.line();
        client.close();
      }),
    ).toEqual(["closed", 1, 0]);
  });

  test("so is one that fell silent", async () => {
    expect(
      await askTwo("PLAIN", ACCOUNT.secret, async (client) => {
        await client.line();
        await client.over();
      }),
    ).toEqual(["timed-out", 1, 0]);
  });

  test("one that never heard it is not", async () => {
    expect(await askTwo("GSSAPI", ACCOUNT.secret)).toEqual(["reached", 1, 1]);
  });

  test("and tells nobody of it in a transcript", async () => {
    const said: string[] = [];
    using server = tlsSmtpServer(async (client) => {
      await client.play(
        "S: 220 mx.test\nC: EHLO me.test\nS: 250 AUTH PLAIN".replace("250 AUTH", "250-mx.test\nS: 250 AUTH"),
      );
      const [, , word = ""] = (await client.line()).split(" ");
      await client.say(`535-${word}`, `535 ${atob(word).split("\0")[2]}`);
      await client.over();
    });
    const report = await ask(`127.0.0.1:${server.port}`, {
      quitAfter: "auth",
      auth: ACCOUNT,
      tls: { level: "none" },
      onTranscript: ({ who, text, address }) => said.push(`${address} ${who}: ${text.trimEnd()}`),
    });
    expect(said).toEqual([
      "127.0.0.1 S: 220 mx.test",
      "127.0.0.1 C: EHLO me.test",
      "127.0.0.1 S: 250-mx.test",
      "127.0.0.1 S: 250 AUTH PLAIN",
      "127.0.0.1 C: AUTH PLAIN ***",
      expect.stringMatching(/^127\.0\.0\.1 S: 535-\S*\*\*\*\S{0,3}$/),
      "127.0.0.1 S: 535 ***",
      "127.0.0.1 C: QUIT",
    ]);
    expect(JSON.stringify(report)).not.toContain("pencil");
  });
});

describe("check() says", () => {
  test("PROXY first of all, with both ends, before TLS too", async () => {
    for (const implicit of [false, true]) {
      using server = tlsSmtpServer(async (client) => {
        const { port } = server;
        await client.octets();
        expect(client.heard).toMatch(
          new RegExp(`^PROXY TCP4 127\\.0\\.0\\.1 127\\.0\\.0\\.1 \\d+ ${port}\\r\\n`),
        );
        client.close();
      });
      await ask(`127.0.0.1:${server.port}`, {
        quitAfter: "ehlo",
        proxyProtocol: true,
        ...(implicit ? { tls: { implicit } } : {}),
      });
      expect(server.complaints).toEqual([]);
    }
  });

  test("LHLO to a unix socket, which has no port, and no addresses", async () => {
    const folder = mkdtempSync(join(tmpdir(), "talks-"));
    try {
      const unix = join(folder, "lmtp");
      using server = tlsSmtpServer(
        "C: PROXY UNKNOWN\nS: 220 lmtp\nC: LHLO [127.0.0.1]\nS: 250 lmtp\nC: MAIL FROM:<>\nS: 250 fine\nC: RCPT TO:<postmaster>\nS: 250 fine\nC: RSET\nS: 250 fine\nC: QUIT",
        { unix },
      );
      const { servers } = await check(`unix:${unix}`, {
        quitAfter: "rcpt",
        lmtp: true,
        proxyProtocol: true,
        helo: "[127.0.0.1]",
        timeoutMs: 3_000,
      });
      expect([servers[0]?.outcome.kind, server.complaints]).toEqual(["reached", []]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("talksOf() has for a target", () => {
  const TARGET: Target = { server: "mx.test", host: "mx.test", port: 25, preference: null };

  async function commandsTo(target: Target, options: CheckOptions = {}) {
    const talks = await talksOf({ quitAfter: "rcpt", tls: { level: "none" }, helo: "me.test", ...options }, [
      { target },
    ]);
    const script = talks.with(target).script({ localAddress: "192.0.2.7", remoteAddress: "192.0.2.8" });
    const said: string[] = [];
    const fine = { code: 250, lines: ["mx.test"], complete: true };
    for (let turn = script.next(fine); !turn.done; turn = script.next(fine))
      if ("say" in turn.value) said.push(turn.value.say.trim());
    return said;
  }

  test.each<[Target, string]>([
    [TARGET, "postmaster@mx.test"],
    [{ ...TARGET, domain: "example.org" }, "postmaster@example.org"],
    [{ ...TARGET, domain: "example.org." }, "postmaster@example.org"],
    [{ ...TARGET, host: "192.0.2.1" }, "postmaster@[192.0.2.1]"],
    [{ ...TARGET, host: "2001:db8::1" }, "postmaster@[IPv6:2001:db8::1]"],
    [{ ...TARGET, host: "192.0.2.1", name: "mx.test" }, "postmaster@mx.test"],
    [{ ...TARGET, host: "localhost." }, "postmaster@localhost"],
    [{ ...TARGET, host: "unix:/lmtp" }, "postmaster"],
  ])("%j the recipient %s", async (target, to) => {
    expect(await commandsTo(target)).toContain(`RCPT TO:<${to}>`);
  });

  test("the recipient and the sender that were given", async () => {
    const said = await commandsTo(TARGET, { from: "<a@b.test>", to: "c@d.test" });
    expect(said.slice(-3)).toEqual(["MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "RSET"]);
  });

  test("the same talk each time", async () => {
    const talks = await talksOf({ quitAfter: "ehlo" }, [{ target: TARGET }]);
    expect(talks.with(TARGET)).toBe(talks.with(TARGET));
  });

  test("no secret for a server that is not verified, unless it is this machine", async () => {
    const target = { ...TARGET, host: "127.evil.example.org", server: "127.evil.example.org" };
    const options: CheckOptions = { quitAfter: "auth", auth: ACCOUNT, tls: { level: "none" } };
    const said = await commandsTo(target, options).catch((error: Error) => [error.name]);
    expect(said.join()).not.toContain("AUTH");
  });

  test("no secret for a name of this machine that leads to another", async () => {
    const target = { ...TARGET, host: "localhost", server: "localhost" };
    const options: CheckOptions = { quitAfter: "auth", auth: ACCOUNT, tls: { level: "none" } };
    expect(await commandsTo(target, options)).toEqual([]);
  });

  const BASE: CheckOptions = { quitAfter: "rcpt", helo: "me.test", tls: { level: "encrypt" } };
  const keyOf = async (options: CheckOptions, target = TARGET) =>
    (await talksOf(options, [{ target }])).mannersOf(target);

  test.each<[string, CheckOptions]>([
    ["helo", { helo: "you.test" }],
    ["level", { tls: { level: "verify" } }],
    ["name", { tls: { level: "encrypt", name: "x.test" } }],
    ["authorities", { tls: { level: "encrypt", authorities: AUTHORITIES } }],
    ["implicit", { tls: { level: "encrypt", implicit: true } }],
    ["user", { auth: ACCOUNT, tls: { level: "verify" } }],
    ["from", { from: "a@b.test" }],
    ["to", { to: "a@b.test" }],
    ["lmtp", { lmtp: true }],
    ["proxy", { proxyProtocol: true }],
    ["expect", { expect: ["SIZE"] }],
  ])("another question by its %s", async (_, options) => {
    expect((await keyOf({ ...BASE, ...options }))[0]).not.toBe((await keyOf(BASE))[0]);
  });

  test("no question of EHLO in the clear, where what was expected was seen under TLS alone", async () => {
    const expecting: CheckOptions = { ...BASE, quitAfter: "starttls", expect: ["AUTH=PLAIN"] };
    const stages = async (options: CheckOptions) =>
      (await keyOf(options)).map((manner) => manner.split(" ")[0]);
    expect(await stages(expecting)).toEqual(["starttls", ""]);
    expect(await stages({ ...expecting, tls: { level: "encrypt", implicit: true } })).toEqual([
      "starttls",
      "ehlo",
      "smtps",
    ]);
  });

  test("one of the name `literal`, and another of an address literal", async () => {
    const ehlo: CheckOptions = { quitAfter: "ehlo" };
    const talks = await talksOf({ ...ehlo, helo: "literal" }, [{ target: TARGET }]);
    expect(talks.mannersOf(TARGET)[0]).toBe("ehlo helo=literal");
    spyOn(process.getBuiltinModule("node:os"), "hostname").mockReturnValue("nameless");
    expect((await talksOf(ehlo, [{ target: TARGET }])).mannersOf(TARGET)[0]).toBe("ehlo helo=%5B%5D");
    mock.restore();
  });

  test("one question a stage, that as asked in front, and greeting alone as nothing", async () => {
    const manners = await keyOf({ ...BASE, quitAfter: "starttls" });
    expect(manners).toHaveLength(3);
    expect(manners.at(-1)).toBe("");
    expect(manners[1]).toBe((await keyOf({ helo: "me.test", quitAfter: "ehlo" }))[0]);
    const blanks = await keyOf({ ...BASE, from: '"a b"@c.test' });
    expect(blanks[0].split(" ").every((word) => /^[\w-]+(?:=\S*)?$/.test(word))).toBe(true);
  });

  test("no secret in its question, nor in its talk's key", async () => {
    const options: CheckOptions = { ...BASE, auth: ACCOUNT, tls: { level: "verify" } };
    const talks = await talksOf(options, [{ target: TARGET }]);
    expect([...talks.mannersOf(TARGET), talks.with(TARGET).key].join()).not.toContain("pencil");
  });
});
