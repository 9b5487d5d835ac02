import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { identity } from "../fake/certificates.ts";
import { blackhole, refusedPort } from "../fake/dead-port.ts";
import { fakeNameServer } from "../fake/name-server.ts";
import { BUSY, GREETS_AND_LISTENS as GREETS, SILENT } from "../fake/scripts.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
import { type Play, tlsSmtpServer } from "../fake/tls-smtp-server.ts";
import { PATIENCE_MS, projectFolder } from "./command.ts";

setDefaultTimeout(PATIENCE_MS);

/** Every limit in the scenarios is longer than this: a timer that is left behind shows. */
const ENDS_WITHIN_MS = 4_000;

/** Goes through STARTTLS, answers QUIT so, and does not close. */
function stayingOn(goodbye: string): Play {
  return async (client) => {
    await client.play("S: 220 mx.test");
    await client.line();
    await client.say("250-mx.test", "250 STARTTLS");
    await client.line();
    await client.say("220 go on");
    await client.secure();
    await client.line();
    await client.say("250 mx.test");
    await client.line();
    await client.send(Buffer.from(goodbye));
    await client.over();
  };
}

/** Runs lines with the library in a process that has no reason to live on, and tells what it left behind. */
async function leaves(lines: string): Promise<{ readonly sockets: number; readonly inTime: boolean }> {
  const code = `
    import { readdirSync, readlinkSync } from "node:fs";
    import { check, nameServers, openCache } from "${projectFolder}/index.ts";
    const sockets = () => readdirSync("/proc/self/fd").filter((fd) => {
      try { return readlinkSync("/proc/self/fd/" + fd).startsWith("socket:"); } catch { return false; }
    }).length;
    const before = sockets();
    const quietly = (promise) => promise.catch(() => {});
    ${lines}
    await Bun.sleep(250);
    console.log(sockets() - before);`;
  const startedAtMs = performance.now();
  await using child = Bun.spawn([process.execPath, "-e", code], { stdout: "pipe", stderr: "inherit" });
  const sockets = Number(await child.stdout.text());
  await child.exited;
  return { sockets, inTime: performance.now() - startedAtMs < ENDS_WITHIN_MS };
}

describe("a library process leaves no socket and no timer behind that keeps it alive:", () => {
  const options = "timeoutMs: 20_000";

  test.concurrent.each<
    [
      what: string,
      lines: (
        at: Readonly<
          Record<"up" | "busy" | "silent" | "dead" | "hole" | "dns" | "mute" | "clinging" | "staying", string>
        >,
      ) => string,
    ]
  >([
    ["one up", ({ up }) => `await check("${up}", { ${options} });`],
    ["one busy, one refusing", ({ busy, dead }) => `await check("${busy} ${dead}", { ${options} });`],
    [
      "one up behind one that refuses, others silent",
      ({ dead, up, silent, hole }) => `await check("${dead} ${up} ${silent} ${hole}", { ${options} });`,
    ],
    [
      "the head start of one that is silent",
      ({ silent, up }) => `await check("${silent} ${up}", { ${options}, order: "arrival" });`,
    ],
    [
      "--require all, one refusing",
      ({ silent, dead, hole }) =>
        `await check("${silent} ${dead} ${hole}", { ${options}, requirement: "all" });`,
    ],
    [
      "an abort",
      ({ silent, hole }) =>
        `const end = new AbortController(); setTimeout(() => end.abort("x"), 50); await quietly(check("${silent} ${hole}", { ${options}, signal: end.signal }));`,
    ],
    [
      "a deadline",
      ({ silent, hole }) =>
        `await check("${silent} ${hole}", { ${options}, deadlineMs: 300, until: "settled" });`,
    ],
    [
      "a listener that throws",
      ({ dead, silent }) =>
        `await quietly(check("${dead} ${silent}", { ${options}, until: "settled", onSettled() { throw new Error("x"); } }));`,
    ],
    [
      "names, one without an answer",
      ({ dns }) =>
        `await check("mx.test two.test", { ${options}, dns: ["${dns}"], port: 1, deadlineMs: 400 });`,
    ],
    [
      "a name server that is silent",
      ({ mute }) => `await check("mx.test", { ${options}, dns: ["${mute}"], deadlineMs: 300 });`,
    ],
    [
      "a stop host that cannot be looked up",
      ({ mute, up }) =>
        `await quietly(check("${up}", { ${options}, dns: ["${mute}"], deadlineMs: 300, stop: ["me.test"] }));`,
    ],
    [
      "a cache in memory",
      ({ up, silent }) =>
        `const cache = openCache("memory:", { warn: console.error }); await check("${up} ${silent}", { ${options}, cache, deadlineMs: 300, until: "settled" }); await check("${up}", { ${options}, cache }); await cache.close();`,
    ],
    [
      "one that never says goodbye under TLS",
      ({ clinging }) => `await check("${clinging}", { ${options}, quitAfter: "starttls" });`,
    ],
    [
      "one that says goodbye under TLS, and stays",
      ({ staying }) => `await check("${staying}", { ${options}, quitAfter: "starttls" });`,
    ],
  ])("%s", async (_, lines) => {
    using clinging = tlsSmtpServer(stayingOn(""), { tls: identity("good"), isClinging: true });
    using staying = tlsSmtpServer(stayingOn("221 goodbye\r\n"), { tls: identity("good"), isClinging: true });
    using up = fakeSmtpServer(GREETS);
    using busy = fakeSmtpServer(BUSY);
    using silent = fakeSmtpServer(SILENT);
    using dead = refusedPort();
    using hole = blackhole();
    using dns = await fakeNameServer({
      "mx.test": { A: ["127.0.0.1"] },
      "two.test": { A: ["127.0.0.1"], AAAA: "silent" },
    });
    using mute = await fakeNameServer({ "*": "silent" });
    const at = ({ hostname, port }: { readonly hostname: string; readonly port: number }) =>
      `${hostname}:${port}`;
    const places = {
      up: at(up),
      busy: at(busy),
      silent: at(silent),
      dead: at(dead),
      hole: at(hole),
      dns: dns.address,
      mute: mute.address,
      clinging: at(clinging),
      staying: at(staying),
    };
    expect(await leaves(lines(places))).toEqual({ sockets: 0, inTime: true });
  });

  test("and this test sees one that does", async () => {
    using silent = fakeSmtpServer(SILENT);
    const leaving = `await Bun.connect({ hostname: "127.0.0.1", port: ${silent.port}, socket: { data() {} } }).then((s) => setTimeout(() => s.terminate(), 6_000));`;
    expect(await leaves(leaving)).toEqual({ sockets: 1, inTime: false });
  });
});
