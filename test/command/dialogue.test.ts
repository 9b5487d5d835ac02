import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { readCommand } from "../../src/command/command.ts";
import { withDialogue } from "../../src/command/dialogue.ts";
import { UsageError } from "../../src/text/errors.ts";
import { makeFolder } from "../cache/sqlite/fixtures.ts";

const read = (...words: readonly string[]) => withDialogue(readCommand(words, {}));

test("withDialogue() reads every option past the greeting", async () => {
  using folder = makeFolder();
  const [password, ca] = [join(folder.path, "password"), join(folder.path, "ca.pem")];
  await Bun.write(password, "pencil \r\nsecond line\n");
  await Bun.write(ca, "PEM");
  const words =
    "--quit-after rcpt --helo me.test --tls verify --tls-name mx.test --auth me --auth-mechanism PLAIN --from <> --to a@b.test --expect SIZE --expect 8BITMIME --proxy-protocol --smtps mx.test";
  const { options, cache } = await read(...words.split(" "), "--password-file", password, "--tls-ca", ca);
  expect(options).toMatchObject({
    quitAfter: "rcpt",
    helo: "me.test",
    port: 465,
    tls: { level: "verify", implicit: true, name: "mx.test", authorities: "PEM" },
    auth: { user: "me", secret: "pencil ", mechanism: "PLAIN" },
    from: "<>",
    to: "a@b.test",
    expect: ["SIZE", "8BITMIME"],
    proxyProtocol: true,
  });
  expect(cache).toBeNull();
});

test("withDialogue() uses no cache with --cert-left, and port 24 for LMTP", async () => {
  const words = [
    "--format",
    "nagios",
    "--quit-after",
    "starttls",
    "--cert-left",
    "14,7",
    "--cache",
    "/tmp/x",
    "mx",
  ];
  expect(await read(...words)).toMatchObject({
    cache: null,
    thresholds: { certLeft: { warning: 14, critical: 7 } },
  });
  expect((await read("--lmtp", "--quit-after", "ehlo", "mx")).options.port).toBe(24);
});

describe("withDialogue() rejects", () => {
  test.each([
    ["--cert-left 14 --quit-after starttls mx", "--cert-left without --format nagios"],
    ["--cert-left 14 --format nagios mx", "--cert-left without TLS"],
    ["--auth me --quit-after auth mx", "--auth without --password-file"],
    ["--password-file f mx", "--password-file without --auth"],
    ["--auth-mechanism PLAIN mx", "--auth-mechanism without --auth"],
    ["--auth me --password-file f --wait 5 --require any --quit-after auth mx", "--wait with --auth"],
    ["--servers-from f --quit-after rcpt", "without --own"],
    [
      "--servers-from - --own --quit-after auth --auth me --password-file -",
      "two things from standard input",
    ],
    ["--tls-ca - --quit-after auth --auth me --password-file - mx", "two things from standard input"],
    ["--quit-after data mx", '"data"'],
    ["--tls maybe --quit-after starttls mx", '"maybe"'],
  ])("%s", (line, message) => {
    const rejected = read(...line.split(" "));
    expect(rejected).rejects.toThrow(UsageError);
    expect(rejected).rejects.toThrow(message);
  });
});
