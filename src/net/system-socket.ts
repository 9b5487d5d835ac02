import { addressOctets } from "../text/address.ts";
import type { Endpoint } from "./endpoint.ts";

/** From Linux' headers; the same on x86-64 and ARM64, both little-endian. */
const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM_NONBLOCK_CLOEXEC = 1 | 0o4000 | 0o2000000;
const SOCKADDR_IN_OCTETS = 16;
const SOCKADDR_IN6_OCTETS = 28;
const EINPROGRESS = 115;

/** The system's calls; `null` where they cannot be had: not Linux, or executable memory is forbidden (bun:ffi needs it). */
let system: ReturnType<typeof openSystem> | null | undefined;

/**
 * A TCP socket that is being connected, made by the system's own calls, for `Bun.connect` to take over: unlike one that
 * Bun connects itself it can be closed at any time, and its failure has the true error code.
 * Its number, or the code of why it cannot be; undefined where there are no such calls.
 */
export function beginConnect(endpoint: Endpoint): number | string | undefined {
  if (system === undefined) system = openSystemIfPossible();
  if (system === null || endpoint.address.includes("%")) return undefined;
  const name = socketName(endpoint);
  const descriptor = system.socket(
    name.length === SOCKADDR_IN_OCTETS ? AF_INET : AF_INET6,
    SOCK_STREAM_NONBLOCK_CLOEXEC,
    0,
  );
  if (descriptor < 0) return system.errorCode();
  if (system.connect(descriptor, name, name.length) === 0 || system.errno() === EINPROGRESS)
    return descriptor;
  const code = system.errorCode();
  system.close(descriptor);
  return code;
}

/** Gives a descriptor back that nobody has taken over. */
export function closeDescriptor(descriptor: number): void {
  system?.close(descriptor);
}

function openSystemIfPossible() {
  if (process.platform !== "linux") return null;
  try {
    return openSystem();
  } catch {
    return null;
  }
}

function openSystem() {
  const { dlopen, read } = process.getBuiltinModule("bun:ffi") as typeof import("bun:ffi");
  const { socket, connect, close, __errno_location } = dlopen("libc.so.6", {
    socket: { args: ["int", "int", "int"], returns: "int" },
    connect: { args: ["int", "ptr", "uint32_t"], returns: "int" },
    close: { args: ["int"], returns: "int" },
    __errno_location: { args: [], returns: "ptr" },
  }).symbols;
  const errno = () => read.i32(__errno_location() ?? 0);
  const errorCode = () => process.getBuiltinModule("node:util").getSystemErrorName(-errno());
  return { socket, connect, close, errno, errorCode };
}

/** A sockaddr_in or sockaddr_in6 (ip(7), ipv6(7)): the family in the machine's order, the rest in the network's. */
function socketName({ address, port }: Endpoint): Uint8Array {
  const octets = addressOctets(address);
  const isIpv4 = octets.length === 4;
  const name = new Uint8Array(isIpv4 ? SOCKADDR_IN_OCTETS : SOCKADDR_IN6_OCTETS);
  name.set([isIpv4 ? AF_INET : AF_INET6, 0, port >> 8, port & 0xff]);
  name.set(octets, isIpv4 ? 4 : 8);
  return name;
}
