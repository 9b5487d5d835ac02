import { expect, setDefaultTimeout, test } from "bun:test";
import { compiled, run } from "../end-to-end/command.ts";
import { refusedPort } from "../fake/dead-port.ts";
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
});

async function expand(text: string): Promise<string> {
  const { folder, command, options } = await makeExim("");
  const { stdout } = await run(command, ["-be", text], options);
  await folder.remove();
  return stdout;
}
