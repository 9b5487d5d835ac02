import type { Socket } from "bun";
import { loopbackAddresses } from "./clients.ts";

/** Both ends of a bare dialogue through STARTTLS on Bun, each a process of its own: `server KEY CERT`, or `client PORT COUNT`. */
const [role, ...rest] = import.meta.main ? process.argv.slice(2) : [];

const CONCURRENCY = 256;
const EHLO = "EHLO bench.test\r\n";
const OFFER = "250-mx.test\r\n250-SIZE 10000\r\n250 STARTTLS\r\n";

/** Answers each command at once. */
async function serve(keyFile: string, certFile: string): Promise<void> {
  const [key, cert] = [await Bun.file(keyFile).text(), await Bun.file(certFile).text()];
  const answer = (socket: Socket, raw: Socket, octets: Uint8Array) => {
    const line = Buffer.from(octets).toString("latin1");
    if (line.startsWith("EHLO")) socket.write(OFFER);
    else if (line.startsWith("QUIT")) socket.end("221 bye\r\n");
    else if (line.startsWith("STARTTLS")) {
      socket.write("220 go\r\n");
      const handlers = {
        data: (secured: Socket, more: Uint8Array) => answer(secured, raw, more),
        error() {},
      };
      secure(raw, { isServer: true, tls: { key, cert }, socket: handlers });
    }
  };
  const listener = Bun.listen({
    hostname: "0.0.0.0",
    port: 0,
    socket: {
      open: (socket) => void socket.write("220 mx.test ESMTP\r\n"),
      data: (socket, octets) => answer(socket, socket, octets),
      error() {},
    },
  });
  console.log(listener.port);
  for await (const _ of console);
  process.exit();
}

/** Greeting, EHLO, STARTTLS, handshake, EHLO, QUIT and its answer, with so many servers; prints how many and how long. */
async function ask(port: number, count: number): Promise<void> {
  const addresses = loopbackAddresses(count);
  const startedAtMs = performance.now();
  let [next, open, reached] = [0, 0, 0];
  const { promise, resolve } = Promise.withResolvers<void>();
  const fill = () => {
    while (open < CONCURRENCY && next < count) {
      open += 1;
      begin(addresses[next] ?? "");
      next += 1;
    }
    if (open === 0) resolve();
  };
  const begin = (hostname: string) => {
    let [phase, heard] = [0, ""];
    const hear = (socket: Socket, octets: Uint8Array) => {
      heard += Buffer.from(octets).toString("latin1");
      if (!/(?:^|\n)\d{3} [^\n]*\n$/.test(heard)) return;
      heard = "";
      phase += 1;
      if (phase === 1) socket.write(EHLO);
      else if (phase === 2) socket.write("STARTTLS\r\n");
      else if (phase === 3)
        secure(socket, { tls: { rejectUnauthorized: false, serverName: "" }, socket: secured });
      else if (phase === 4) socket.write("QUIT\r\n");
      else {
        reached += 1;
        socket.end();
      }
    };
    const secured = {
      data: hear,
      handshake: (socket: Socket) => void socket.write(EHLO),
      close() {
        open -= 1;
        fill();
      },
      error() {},
    };
    const plain = (socket: Socket, octets: Uint8Array) => {
      if (phase < 3) hear(socket, octets);
    };
    void Bun.connect({ hostname, port, socket: { data: plain, error() {} } });
  };
  fill();
  await promise;
  console.log(`${reached} ${performance.now() - startedAtMs}`);
}

/** Bun's types want all of a handler's data to be known. */
function secure(socket: Socket, options: object): void {
  (socket.upgradeTLS as (options: object) => unknown).call(socket, options);
}

if (role === "server") await serve(rest[0] ?? "", rest[1] ?? "");
if (role === "client") await ask(Number(rest[0]), Number(rest[1]));
