import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { compiled, inShell, projectFolder, type Ran, run, withoutTimes } from "../end-to-end/command.ts";
import { describeNeeding, lackingNamespaces } from "./requirement.ts";

setDefaultTimeout(30_000);

const NETWORK = ["--user", "--map-root-user", "--net"] as const;
const LINK = `
  ip link set lo up
  ip link add near type veth peer name far
  ip address add 192.0.2.2/24 dev near
  ip link set near up
  ip link set far up
`;
/** This machine at 192.0.2.2, and another network, of the process $other, at 192.0.2.1. */
const TWO_MACHINES = `
  ip link set lo up
  unshare --net sleep 60 &
  other=$!
  until [ "$(readlink /proc/$other/ns/net)" != "$(readlink /proc/$$/ns/net)" ]; do sleep 0.02; done
  ip link add near type veth peer name far netns $other
  ip address add 192.0.2.2/24 dev near
  ip link set near up
  nsenter -t $other -n ip address add 192.0.2.1/24 dev far
  nsenter -t $other -n ip link set far up
`;
/** A neighbour whose MAC is known and nobody has: packets to it are swallowed. */
const DEAF_NEIGHBOUR = `${LINK}
  ip neighbour add 192.0.2.1 lladdr 02:00:00:00:00:01 nud permanent dev near
`;

/** Where a connect cannot be made, and the system's code for it. */
const UNREACHABLE = [
  ["no interface is up", "", "192.0.2.1", "ENETUNREACH"],
  ["no interface is up, not even for loopback", "", "127.0.0.1", "ENETUNREACH"],
  ["there is no route", "ip link set lo up", "192.0.2.1", "ENETUNREACH"],
  ["there is no route for IPv6", LINK, "2001:db8::1", "ENETUNREACH"],
  [
    "the route says unreachable",
    `${LINK} ip route add unreachable 198.51.100.0/24`,
    "198.51.100.1",
    "EHOSTUNREACH",
  ],
  ["the route is a black hole", `${LINK} ip route add blackhole 198.51.100.0/24`, "198.51.100.1", "EINVAL"],
  ["the neighbour does not answer ARP", LINK, "192.0.2.9", "EHOSTUNREACH"],
] as const;

describeNeeding("smtpdcheck in a network of its own", lackingNetwork(), () => {
  describe("says unreachable and exits 0", () => {
    test.concurrent.each(UNREACHABLE)("when %s", async (_, network, address, cause) => {
      expect(await probe(network, address)).toEqual({
        status: 0,
        stdout: "",
        stderr: `${address}: unavailable: ${address} is unreachable: ${cause} (connect N ms)\n`,
      });
    });
  });

  test.concurrent.each([
    ...UNREACHABLE,
    ["the route prohibits it", `${LINK} ip route add prohibit 203.0.113.0/24`, "203.0.113.1", "EACCES"],
    ["the machine is there and nobody listens", "ip link set lo up", "127.0.0.1", "refused"],
  ] as const)("as a library says the same when %s", async (_, network, address, cause) => {
    const { stdout } = await library(
      network,
      `const { servers: [{ outcome }] } = await check("${address}", { until: "settled", timeoutMs: 9_000 });
      console.log(outcome.cause ?? outcome.kind);`,
    );
    expect(stdout).toBe(`${cause}\n`);
  });

  test.concurrent("as a library ends at once, and says what it holds, when packets are swallowed", async () => {
    const startedAtMs = performance.now();
    const { status, stdout } = await library(
      DEAF_NEIGHBOUR,
      `const before = readdirSync("/proc/self/fd").length;
      const servers = Array.from({ length: 500 }, (_, at) => "192.0.2.1:" + (at + 1));
      await check(servers, { timeoutMs: 200 });
      console.log(readdirSync("/proc/self/fd").length - before < 4);`,
    );
    expect({ status, stdout }).toEqual({ status: 0, stdout: "true\n" });
    expect(performance.now() - startedAtMs).toBeLessThan(15_000);
  });

  test.concurrent("holds no more after many rounds of a hundred servers that swallow packets, and calls none refused", async () => {
    const link = `${LINK} ip link set near arp off; ip address add 198.51.100.200/24 dev near`;
    const soak = [process.execPath, `${import.meta.dir}/soak.ts`, "10", "0.5"];
    const ran = await run({ name: "soak", argv: [...isolated(link), ...soak] }, []);
    const { outcomes, samples } = JSON.parse(ran.stdout);
    expect(outcomes.greeted).toBeGreaterThan(5);
    expect(outcomes).toEqual({ "timed-out": 100 * outcomes.greeted, greeted: outcomes.greeted });
    expect(Math.max(...samples.map(({ descriptors }: { descriptors: number }) => descriptors))).toBeLessThan(
      samples[0].descriptors + 4,
    );
  });

  test.concurrent("exits 2 when the route prohibits this machine to connect", async () => {
    const network = `${LINK} ip route add prohibit 203.0.113.0/24`;
    expect(await probe(network, "203.0.113.1")).toMatchObject({
      status: 2,
      stdout: "",
      stderr: expect.stringContaining(
        "203.0.113.1: undetermined: 203.0.113.1 could not be probed by this machine: EACCES (connect N ms)\n",
      ),
    });
  });

  test.concurrent("times out in connect, each server within the same time, when packets are swallowed", async () => {
    const startedAtMs = performance.now();
    const targets = Array.from({ length: 40 }, (_, index) => `192.0.2.1:${1_025 + index}`);
    const { status, stdout, stderr } = await probe(DEAF_NEIGHBOUR, "--timeout", "0.5", ...targets);
    const why = "unavailable: 192.0.2.1 timed out in connect (connect N ms)";
    expect({ status, stdout, lines: stderr.trimEnd().split("\n").toSorted() }).toEqual({
      status: 0,
      stdout: "",
      lines: targets.map((target) => `${target}: ${why}`).toSorted(),
    });
    expect(performance.now() - startedAtMs).toBeLessThan(10_000);
  });

  test.concurrent("--stop-self defers to a primary that is another machine, and takes the mail when that is down", async () => {
    const network = `${TWO_MACHINES}
      mount -t tmpfs none /mnt
      printf "192.0.2.1 mx1.test\\n192.0.2.2 mx2.test\\n" >/mnt/hosts
      mount --bind /mnt/hosts /etc/hosts`;
    const list = ["--stop-self", "10:mx1.test:2525", "20:mx2.test"];
    const primary = `const socket = { open: (one) => one.write("220 up\\r\\n"), data: (one) => one.end() };
      Bun.listen({ hostname: "192.0.2.1", port: 2525, socket }); console.log("up");`;
    const withPrimary = `${network}\nexec 3< <(exec nsenter -t $other -n "${process.execPath}" -e '${primary}')\nread -r _ <&3`;
    const under = (lines: string) => [
      "unshare",
      ...NETWORK,
      "--mount",
      "bash",
      "-c",
      `set -e\n${lines}\nstatus=0; "$@" || status=$?; kill $other $! 2>/dev/null; exit $status`,
      "bash",
    ];
    expect(await run(compiled, list, { under: under(withPrimary) })).toEqual({
      status: 1,
      stdout: "mx1.test\n",
      stderr: "",
    });
    expect(await run(compiled, list, { under: under(network) })).toEqual({
      status: 0,
      stdout: "",
      stderr: "",
    });
  });

  test.concurrent("says refused when the machine is there and nobody listens", async () => {
    expect(await probe("ip link set lo up", "127.0.0.1")).toEqual({
      status: 0,
      stdout: "",
      stderr: "127.0.0.1: unavailable: 127.0.0.1 refused the connection (connect N ms)\n",
    });
  });
});

function lackingNetwork(): string | undefined {
  return Bun.which("ip") === null ? "ip (iproute2) is not installed" : lackingNamespaces(...NETWORK);
}

/** Runs the command, with its own words, in a network that the shell lines make and that ends with the command. */
async function probe(network: string, ...words: readonly string[]): Promise<Ran> {
  const ran = await run(compiled, ["-v", ...words], { under: isolated(network) });
  return { ...ran, stderr: withoutTimes(ran.stderr) };
}

/** Runs lines that use the library in such a network. */
async function library(network: string, lines: string): Promise<Ran> {
  const imports = `import { readdirSync } from "node:fs"; import { check } from "${projectFolder}/index.ts";`;
  const program = { name: "library", argv: [process.execPath, "-e", imports + lines] };
  return await run(program, [], { under: isolated(network) });
}

function isolated(network: string): readonly string[] {
  return ["unshare", ...NETWORK, ...inShell(`set -e\n${network}\n"$@"`)];
}
