import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { fakeNameServer } from "../fake/name-server.ts";
import { GREETS } from "../fake/scripts.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
import type { Zone } from "../fake/zone.ts";
import { compiled, PATIENCE_MS, run } from "./command.ts";

setDefaultTimeout(PATIENCE_MS);

/** A host that is up at its IPv4 address, for which the first question is lost; nobody listens at the other one. */
const ZONE: Zone = {
  "mx.test": { A: ["127.0.0.11"], AAAA: ["::1"], manner: "first-a-lost" },
  "me.test": { A: ["127.0.0.11"], AAAA: ["::1"], manner: "first-a-lost" },
  "only4.test": { A: ["127.0.0.11"], manner: "first-a-lost" },
};

describe("smtpdcheck compiled, when the first question for IPv4 addresses is lost", () => {
  test.concurrent.each([
    ["whose other address refuses", ["mx.test"]],
    ["with -4", ["-4", "mx.test"]],
    ["that has no other address", ["only4.test"]],
  ])("finds a server %s", async (_, words) => {
    using up = fakeSmtpServer(GREETS, { hostname: "127.0.0.11" });
    using dns = await fakeNameServer(ZONE);
    const ran = await run(compiled, ["--dns", dns.address, "-p", String(up.port), ...words]);
    expect(ran).toEqual({ status: 1, stdout: `${words.at(-1)}\n`, stderr: "" });
  });

  test.concurrent("knows the stop host under its other name", async () => {
    using up = fakeSmtpServer(GREETS, { hostname: "127.0.0.11" });
    using dns = await fakeNameServer({
      ...ZONE,
      "stop.test": { A: ["127.0.0.11"], AAAA: ["2001:db8::9"], manner: "first-a-lost" },
    });
    const words = ["--dns", dns.address, "-p", String(up.port), "--stop", "stop.test", "only4.test"];
    expect(await run(compiled, words)).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(up.connectionCount).toBe(0);
  });
});
