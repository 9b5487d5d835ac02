import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { projectFolder } from "../end-to-end/command.ts";
import { startConfigured } from "./open-smtpd.ts";
import { lackingServer } from "./private-server.ts";
import { describeNeeding } from "./requirement.ts";
import { converse } from "./smtp-client.ts";

setDefaultTimeout(30_000);

const DEFERRED = "450 4.3.2 Please use mx1.example.test";

const HELLO = "EHLO client.test";
const SENDER = "MAIL FROM:<a@client.test>";
/** OpenSMTPD's own queue of connections is short: those beyond it wait for seconds. */
const CLIENTS = 4;
const RECIPIENTS = 100;

describeNeeding("A filter in OpenSMTPD", lackingServer("opensmtpd"), () => {
  test("defers, lets in, and knows client, sender and own address", async () => {
    await using server = await startGuarded();
    const replies = await converse(server.port, [
      "EHLO client.test",
      "MAIL FROM:<a@client.test>",
      "RCPT TO:<defer@example.org>",
      "RCPT TO:<lucky@example.org>",
      "RCPT TO:<unlucky@example.org>",
      "RCPT TO:<stranger@elsewhere.test>",
      "RSET",
      "MAIL FROM:<>",
      "RCPT TO:<defer20@example.org>",
      "QUIT",
    ]);
    expect(replies.map((reply) => reply.replace(/^(250 \d\.\d\.\d).*/, "$1"))).toEqual([
      "220 mx2.example.org ESMTP OpenSMTPD",
      "250 HELP",
      "250 2.0.0",
      DEFERRED,
      "250 2.1.5",
      "451 4.3.2 Please use mx1.example.test",
      DEFERRED,
      "250 2.0.0",
      "250 2.0.0",
      DEFERRED,
      "221 2.0.0 Bye",
    ]);
    const log = await server.logged(/disconnected reason=quit/);
    const asked = [...log.matchAll(/mxguard: (\{.*\})/g)].map(([, question = ""]) => JSON.parse(question));
    const known = {
      isAuthenticated: false,
      clientAddress: "127.0.0.1",
      clientName: "localhost",
      ownAddress: "127.0.0.1",
    };
    expect(asked).toEqual([
      { ...known, sender: "a@client.test", recipient: "defer@example.org" },
      { ...known, sender: "a@client.test", recipient: "lucky@example.org" },
      { ...known, sender: "a@client.test", recipient: "unlucky@example.org" },
      { ...known, sender: "a@client.test", recipient: "stranger@elsewhere.test" },
      { ...known, sender: "", recipient: "defer20@example.org" },
    ]);
  });

  test("answers every recipient of clients that come side by side, some of whom leave early", async () => {
    await using server = await startGuarded();
    const recipients = (client: number) =>
      Array.from({ length: RECIPIENTS }, (_, at) => `RCPT TO:<defer${(at * client) % 7}@example.org>`);
    const visits = Array.from({ length: CLIENTS }, async (_, client) => {
      await converse(server.port, [HELLO, SENDER].slice(0, client % 3));
      return converse(server.port, [HELLO, SENDER, ...recipients(client)]);
    });
    for (const replies of await Promise.all(visits))
      expect(replies.slice(3)).toEqual(Array.from({ length: RECIPIENTS }, () => DEFERRED));
  });

  test("survives a client that leaves while its recipient is being decided", async () => {
    await using server = await startGuarded();
    const commands = [HELLO, SENDER, "RCPT TO:<defer300@example.org>"];
    await leaveAfter(server.port, commands);
    await server.logged(/mxguard: .*defer300[\s\S]*disconnected/);
    expect((await converse(server.port, commands)).at(-1)).toBe(DEFERRED);
  });
});

/** Connects, sends commands one by one, and is gone when the last has been sent. */
async function leaveAfter(port: number, commands: readonly string[]): Promise<void> {
  const waiting = [...commands];
  const over = Promise.withResolvers<void>();
  await Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      data(socket, octets) {
        if (!/^\d{3} .*\r\n$/m.test(octets.toString())) return;
        socket.write(`${waiting.shift()}\r\n`);
        if (waiting.length === 0) socket.end();
      },
      close: () => over.resolve(),
    },
  });
  await over.promise;
}

/** An OpenSMTPD with the lines of contrib/, and a filter that decides by the recipient's name. */
async function startGuarded() {
  const shipped = await Bun.file(join(projectFolder, "contrib/opensmtpd/smtpd.conf")).text();
  const program = `${process.execPath} ${join(import.meta.dir, "filter-program.ts")}`;
  return startConfigured((port) =>
    shipped
      .replace(/"\/usr\/local\/bin\/smtpdcheck filter [^"]*" user nobody/, `"${program}" user root`)
      .replace("0.0.0.0 port 25", `127.0.0.1 port ${port}`),
  );
}
