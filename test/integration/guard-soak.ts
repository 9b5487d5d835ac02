import { readdirSync, readFileSync } from "node:fs";
import { fakeNameServer } from "../fake/name-server.ts";
import type { Zone } from "../fake/zone.ts";

/**
 * A guard with a hundred primaries that swallow packets and one that greets, asked about all of them every second for
 * so long; prints what its process holds after 10 s, a third, two thirds and all of that time, as JSON. Run it in a
 * network of its own, where the addresses of 198.51.100.0/24 swallow and 192.0.2.2 is this machine:
 *
 *     unshare --net sh -c 'ip link set lo up; ip link add near type veth peer name far; ip address add 192.0.2.2/24 dev near;
 *       ip address add 198.51.100.200/24 dev near; ip link set near arp off up; ip link set far up;
 *       exec bun test/integration/guard-soak.ts 60 dist/smtpdcheck'
 *
 * guard-soak.ts MINUTES PROGRAM...
 */
const [minutes = "", ...program] = Bun.argv.slice(2);

const OWN_ADDRESS = "192.0.2.2";
const PRIMARIES = 100;
const FIRST_SAMPLE_MS = 10_000;
const EVERY_MS = 1_000;

const greeter = Bun.listen({
  hostname: "127.0.0.1",
  port: 0,
  socket: {
    open: (socket) => void socket.write("220 mx.test\r\n"),
    data(socket, octets) {
      if (/^quit/i.test(octets.toString())) socket.end("221 2.0.0 Bye\r\n");
      else socket.write("250 2.0.0 Ok\r\n");
    },
  },
});
const domains = Array.from({ length: PRIMARIES }, (_, at) => `d${at + 1}.test`);
const zone: Zone = {
  "mx2.test": { A: [OWN_ADDRESS] },
  "up.test": {
    MX: [
      [10, "mx1.up.test"],
      [20, "mx2.test"],
    ],
  },
  "mx1.up.test": { A: ["127.0.0.1"] },
  ...Object.fromEntries(
    domains.map((domain) => [
      domain,
      {
        MX: [
          [10, `mx1.${domain}`],
          [20, "mx2.test"],
        ],
      },
    ]),
  ),
  ...Object.fromEntries(domains.map((domain, at) => [`mx1.${domain}`, { A: [`198.51.100.${at + 1}`] }])),
};
using nameServer = await fakeNameServer(zone);
const guard = Bun.spawn(
  [
    ...program,
    ...["serve", "--policy", "inet:127.0.0.1:10040", "--dns", nameServer.address],
    ...["--port", `${greeter.port}`, "--probe-loopback", "--log-level", "error"],
  ],
  { stdio: ["ignore", "inherit", "inherit"] },
);

const requests = ["up.test", ...domains].map(
  (domain) =>
    `request=smtpd_access_policy\nprotocol_state=RCPT\nclient_address=203.0.113.9\nserver_address=${OWN_ADDRESS}\nsender=a@client.test\nrecipient=user@${domain}\n\n`,
);
const answers = new Map<string, number>();
const socket = await connected();
const samples: unknown[] = [];
const startedAtMs = performance.now();
const endMs = Number(minutes) * 60_000;
const dueMs = [FIRST_SAMPLE_MS, endMs / 3, (2 * endMs) / 3, endMs];
let mostDescriptors = 0;

for (let round = 1; dueMs.length > 0; round += 1) {
  socket.write(requests.join(""));
  await Bun.sleep(Math.max(0, startedAtMs + round * EVERY_MS - performance.now()));
  const { descriptors, rssMiB } = held(guard.pid);
  mostDescriptors = Math.max(mostDescriptors, descriptors);
  const atMs = performance.now() - startedAtMs;
  if (atMs < (dueMs[0] ?? 0)) continue;
  samples.push({ atS: Math.round(atMs / 1_000), mostDescriptors, rssMiB });
  dueMs.shift();
  mostDescriptors = 0;
}
socket.end();
guard.kill();
greeter.stop(true);
console.log(
  JSON.stringify({ answers: Object.fromEntries(answers), samples, exitStatus: await guard.exited }),
);

/** Counts what it is told. */
async function connected(): Promise<Bun.Socket> {
  for (let rest = ""; ; await Bun.sleep(50)) {
    const data = (_: Bun.Socket, octets: Uint8Array) => {
      const lines = (rest + new TextDecoder().decode(octets)).split("\n\n");
      rest = lines.pop() ?? "";
      for (const line of lines) answers.set(line, (answers.get(line) ?? 0) + 1);
    };
    const socket = await Bun.connect({ hostname: "127.0.0.1", port: 10_040, socket: { data } }).catch(
      () => null,
    );
    if (socket !== null) return socket;
  }
}

function held(pid: number) {
  const rssKib = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return {
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    rssMiB: Math.round(Number(rssKib) / 102.4) / 10,
  };
}
