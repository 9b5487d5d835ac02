import { lackingNamespaces } from "../requirement.ts";

/** A network of hosts, each in a namespace of its own, that nothing outside sees; it ends with this process. */
export interface Network extends AsyncDisposable {
  host(name: string): Host;
  /** What becomes of packets on their way, from now on; those of connections that stand too. */
  fate(what: Fate, way: Way): Promise<void>;
  /** Ends a fate. */
  spare(what: Fate, way: Way): Promise<void>;
}

/** A machine of the network. */
export interface Host {
  readonly name: string;
  /** IPv4 and IPv6; the first one of a family is what it speaks from. */
  readonly addresses: readonly string[];
  /** The words that run a command on it. */
  readonly inside: readonly string[];
}

/** Swallowed without a word, or answered by the router: unreachable, prohibited. */
type Fate = "blackhole" | "unreachable" | "prohibit";

/** Addresses or networks, of one family. */
interface Way {
  /** Everywhere, when it is left out. */
  readonly from?: string;
  readonly to: string;
}

/** By the family, as ip(8) has it. */
const ROUTER = { 4: "192.0.2.1", 6: "fe80::1" } as const;
/** Interface names have at most 15 characters (IFNAMSIZ of the kernel). */
const MAX_NAME_LENGTH = 15;

/** What this machine lacks to have such a network; undefined if nothing. */
export function lackingNetwork(): string | undefined {
  if (process.getuid?.() !== 0) return "it needs root";
  return Bun.which("ip") === null
    ? "ip (iproute2) is not installed"
    : lackingNamespaces("--net", "--mount", "--pid", "--fork");
}

/**
 * Makes a network: a router, and hosts with a cable to it each. Any address will do, for the router knows where each one
 * is. All of them ask these name servers.
 */
export async function makeNetwork(
  hosts: Readonly<Record<string, readonly string[]>>,
  nameServers: readonly string[],
): Promise<Network> {
  const lines = Object.entries(hosts).map(([name, addresses]) => hostLines(name, addresses));
  const router = Bun.spawn(
    [
      ...["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "--mount"],
      ...["sh", "-ec", `${routerLines(nameServers)}\n${lines.join("\n")}\necho ready\nexec sleep infinity`],
    ],
    { stdin: "ignore", stdout: "pipe", stderr: "pipe" },
  );
  const { value } = await router.stdout.getReader().read();
  if (value === undefined) throw new Error(`Cannot make a network: ${await router.stderr.text()}`);
  const within = ["nsenter", `--mount=/proc/${router.pid}/ns/mnt`];
  const rule =
    (verb: "add" | "del") =>
    async (what: Fate, { from = "all", to }: Way) => {
      const words = ["ip", `-${familyOf(to)}`, "rule", verb, "pref", "1", "from", from, "to", to, what];
      await Bun.$`${within} --net=/proc/${router.pid}/ns/net ${words}`.quiet();
    };
  return {
    host(name) {
      const addresses = hosts[name];
      if (addresses === undefined) throw new Error(`Cannot find the host "${name}" in this network`);
      return { name, addresses, inside: [...within, `--net=/proc/${router.pid}/root/run/netns/${name}`] };
    },
    fate: rule("add"),
    spare: rule("del"),
    async [Symbol.asyncDispose]() {
      router.kill("SIGKILL");
      await router.exited;
    },
  };
}

/** The mounts are the router's own: what stands in /run and in resolv.conf, no other process of this machine sees. */
function routerLines(nameServers: readonly string[]): string {
  const servers = nameServers.map((address) => `'nameserver ${address}'`);
  return `
    resolvers=$(readlink -f /etc/resolv.conf)
    mount -t tmpfs tmpfs /run
    mkdir -p "$(dirname "$resolvers")"
    : >>"$resolvers"
    printf '%s\\n' 'options timeout:1 attempts:2' ${servers.join(" ")} >/run/small-internet
    mount --bind /run/small-internet "$resolvers"
    ip link set lo up
    echo 1 >/proc/sys/net/ipv4/ip_forward
    echo 1 >/proc/sys/net/ipv6/conf/all/forwarding`;
}

function hostLines(name: string, addresses: readonly string[]): string {
  if (name.length > MAX_NAME_LENGTH)
    throw new Error(`Cannot name a host "${name}": want 15 characters at most`);
  const addressLines = addresses.map((address) => {
    const [length, flag] = familyOf(address) === 6 ? [128, "nodad"] : [32, ""];
    return `
      ip -n ${name} address add ${address}/${length} dev eth0 ${flag}
      ip -${familyOf(address)} route add ${address} dev ${name}`;
  });
  const routes = [...new Set(addresses.map(familyOf))].map(
    (family) => `ip -n ${name} -${family} route add default via ${ROUTER[family]} dev eth0 onlink`,
  );
  return `
    ip netns add ${name}
    ip link add ${name} type veth peer name eth0 netns ${name}
    ip address add ${ROUTER[4]}/32 dev ${name}
    ip address add ${ROUTER[6]}/64 dev ${name} nodad
    ip link set ${name} up
    ip -n ${name} link set lo up
    ip -n ${name} link set eth0 up
    ${addressLines.join("")}
${routes.join("\n")}`;
}

function familyOf(address: string): keyof typeof ROUTER {
  return address.includes(":") ? 6 : 4;
}
