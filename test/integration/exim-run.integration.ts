import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { compiled, projectFolder, run } from "../end-to-end/command.ts";
import { refusedPort } from "../fake/dead-port.ts";
import { fakeNameServer } from "../fake/name-server.ts";
import { GREETS } from "../fake/scripts.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
import { makeExim } from "./exim.ts";
import { lackingServer } from "./private-server.ts";
import { describeNeeding } from "./requirement.ts";

setDefaultTimeout(30_000);

const [binary] = compiled.argv;

describeNeeding("smtpdcheck run by Exim", lackingServer("exim4-daemon-light"), () => {
  test.each([
    ["commas", (first: string, second: string) => `10:${first},20:${second}`],
    ["blanks", (first: string, second: string) => `\${sg{10:${first},20:${second}}{,}{\\x20}}`],
    ["newlines", (first: string, second: string) => `\${sg{10:${first},20:${second}}{,}{\\n}}`],
  ])("takes an MX list with %s as one argument", async (_, list) => {
    using dead = refusedPort("127.0.0.2");
    using up = fakeSmtpServer(GREETS);
    const argument = list(`127.0.0.2:${dead.port}`, `127.0.0.1:${up.port}`);
    expect(
      await expand(`\${run{${binary} ${argument}}{none}{\${sg{$value}{\\n}{}} is up}}, status $runrc`),
    ).toBe("127.0.0.1 is up, status 1\n");
  });

  test("succeeds when no server is available", async () => {
    using dead = refusedPort("127.0.0.2");
    expect(await expand(`\${run{${binary} 10:127.0.0.2:${dead.port}}{none}{some}}, status $runrc`)).toBe(
      "none, status 0\n",
    );
  });

  test("does as the README's recipe says", async () => {
    using up = fakeSmtpServer(GREETS);
    using _dead = refusedPort("127.0.0.2");
    const zone = {
      "better.test": {
        MX: [
          [10, "up.test"],
          [20, "mx.test"],
        ],
      },
      "worse.test": {
        MX: [
          [30, "up.test"],
          [20, "mx.test"],
        ],
      },
      "up.test": { A: ["127.0.0.1"] },
      "mx.test": { A: ["127.0.0.2"] },
      "broken.test": { MX: "SERVFAIL" },
    } as const;
    using dns = await fakeNameServer(zone);
    const answerFor = (domain: string) => answerToRcpt(domain, dns.address, up.port);
    expect(await answerFor("better.test")).toBe("451 up.test is up: deliver there");
    expect(await answerFor("worse.test")).toBe("250 Accepted");
    expect(await answerFor("broken.test")).toBe("250 Accepted");
  });
});

async function expand(text: string): Promise<string> {
  const { folder, command, options } = await makeExim("");
  const { stdout } = await run(command, ["-be", text], options);
  await folder.remove();
  return stdout;
}

/** What an Exim with the README's recipe in its RCPT ACL says to a recipient of this domain. */
async function answerToRcpt(domain: string, dns: string, port: number): Promise<string> {
  const readme = await Bun.file(join(projectFolder, "README.md")).text();
  const [, recipe = ""] = /### In Exim\n.*?```\n(.*?)```/s.exec(readme) ?? [];
  const acl = recipe.replace("/usr/local/bin/smtpdcheck", `${binary} --dns ${dns} -p ${port}`);
  const { folder, command, options } = await makeExim(
    `domainlist relay_to_domains = *.test\nacl_smtp_rcpt = rcpt\nbegin acl\nrcpt:\n${acl}\naccept`,
  );
  const dialogue = `HELO client.test\r\nMAIL FROM:<>\r\nRCPT TO:<user@${domain}>\r\nQUIT\r\n`;
  const { stdout } = await run(command, ["-bh", "192.0.2.9"], { ...options, stdin: dialogue });
  await folder.remove();
  return stdout.split("\r\n").at(-3) ?? "";
}
