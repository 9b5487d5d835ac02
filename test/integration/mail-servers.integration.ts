import { expect, setDefaultTimeout, test } from "bun:test";
import { compiled, type Ran, run, withoutTimes } from "../end-to-end/command.ts";
import { startExim } from "./exim.ts";
import { greetedClient } from "./greeted-client.ts";
import { startOpenSmtpd } from "./open-smtpd.ts";
import { startPostfix } from "./postfix.ts";
import { lackingServer } from "./private-server.ts";
import { describeNeeding } from "./requirement.ts";

setDefaultTimeout(30_000);

describeNeeding("smtpdcheck and Postfix", lackingServer("postfix"), () => {
  test("exits 1 for smtpd, and leaves it with QUIT", async () => {
    await using server = await startPostfix("smtpd");
    expect(await probe(server.port)).toEqual(available("220 mx.test ESMTP Postfix"));
    const log = await server.logged(/disconnect from/);
    expect(log).toContain("disconnect from unknown[127.0.0.1] quit=1 commands=1\n");
  });

  test("exits 1 for postscreen at its teaser, and is not taken for a bot", async () => {
    await using server = await startPostfix("postscreen");
    expect(await probe(server.port)).toEqual(available("220 mx.test ESMTP Postfix"));
    const log = await server.logged(/ DISCONNECT | PREGREET /);
    expect(log).toContain(" HANGUP after 0");
    expect(log).not.toContain("PREGREET");
  });

  test("exits 0 for smtpd over its connection limit, and keeps the 421", async () => {
    await using server = await startPostfix("smtpd for one connection a client");
    using _only = await greetedClient(server.port);
    expect(await probe(server.port)).toEqual(
      busy("421 4.7.0 mx.test Error: too many connections from 127.0.0.1"),
    );
  });
});

describeNeeding("smtpdcheck and Exim", lackingServer("exim4-daemon-light"), () => {
  test("exits 1, and leaves it with QUIT", async () => {
    await using server = await startExim();
    expect(await probe(server.port)).toEqual(available("220 mx.test ESMTP Exim"));
    await server.logged(/SMTP connection from \[127\.0\.0\.1\] closed by QUIT/);
  });

  test("exits 0 when it is over its connection limit, and keeps the 421", async () => {
    await using server = await startExim();
    using _only = await greetedClient(server.port);
    expect(await probe(server.port)).toEqual(
      busy("421 Too many concurrent SMTP connections; please try again later."),
    );
  });
});

describeNeeding("smtpdcheck and OpenSMTPD", lackingServer("opensmtpd"), () => {
  test("exits 1, and leaves it with QUIT", async () => {
    await using server = await startOpenSmtpd();
    expect(await probe(server.port)).toEqual(available("220 mx.test ESMTP OpenSMTPD"));
    await server.logged(/smtp disconnected reason=quit/);
  });
});

async function probe(port: number): Promise<Ran> {
  const ran = await run(compiled, ["-v", "--timeout", "4", `10:127.0.0.1:${port}`]);
  return { ...ran, stderr: withoutTimes(ran.stderr).replaceAll(`:${port}: `, ": ") };
}

function available(greeting: string): Ran {
  const stderr = `127.0.0.1: available: 127.0.0.1 said "${greeting}" (connect N ms, greeting N ms)\n`;
  return { status: 1, stdout: "127.0.0.1\n", stderr };
}

function busy(reply: string): Ran {
  const stderr = `127.0.0.1: unavailable: 127.0.0.1 is busy: "${reply}" (connect N ms, greeting N ms)\n`;
  return { status: 0, stdout: "", stderr };
}
