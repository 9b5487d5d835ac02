import { dlopen, FFIType } from "bun:ffi";

/** A TCP port on IPv4 loopback that nobody serves; disposing it gives it back. */
export interface DeadPort extends Disposable {
  readonly hostname: string;
  readonly port: number;
}

/** Takes a port that refuses: it is bound and never listened on, so nobody else can come to serve it. Linux. */
export function refusedPort(hostname = "127.0.0.1"): DeadPort {
  const { fd, port } = bind(hostname);
  return { hostname, port, [Symbol.dispose]: closer([fd]) };
}

/** Takes a port that swallows packets: its listener's backlog is full and it never accepts. Linux, no root. */
export function blackhole(hostname = "127.0.0.1"): DeadPort {
  const { fd, port } = bind(hostname);
  must("listen", libc().listen(fd, 0));
  const filler = must("socket", libc().socket(AF_INET, SOCK_STREAM_CLOEXEC, 0));
  must("connect", libc().connect(filler, socketAddress(hostname, port), SOCKADDR_IN_OCTETS));
  return { hostname, port, [Symbol.dispose]: closer([filler, fd]) };
}

const AF_INET = 2;
const SOCK_STREAM_CLOEXEC = 0o2000001;
const SOCKADDR_IN_OCTETS = 16;

/** Closes descriptors once: a second time they may be somebody else's. */
function closer(descriptors: number[]): () => void {
  return () => {
    for (const fd of descriptors.splice(0)) libc().close(fd);
  };
}

function bind(hostname: string): { readonly fd: number; readonly port: number } {
  const fd = must("socket", libc().socket(AF_INET, SOCK_STREAM_CLOEXEC, 0));
  const address = socketAddress(hostname, 0);
  must("bind", libc().bind(fd, address, SOCKADDR_IN_OCTETS));
  must("getsockname", libc().getsockname(fd, address, Uint32Array.of(SOCKADDR_IN_OCTETS)));
  return { fd, port: new DataView(address.buffer).getUint16(2) };
}

/** The kernel's `sockaddr_in`: family in host order, port and address in network order. */
function socketAddress(hostname: string, port: number): Uint8Array<ArrayBuffer> {
  const address = new Uint8Array(SOCKADDR_IN_OCTETS);
  const view = new DataView(address.buffer);
  view.setUint16(0, AF_INET, true);
  view.setUint16(2, port);
  address.set(hostname.split(".").map(Number), 4);
  return address;
}

function must(action: string, result: number): number {
  if (result < 0) throw new Error(`Cannot ${action} a loopback socket`);
  return result;
}

const { i32, u32, ptr } = FFIType;

const LIBC_SYMBOLS = {
  socket: { args: [i32, i32, i32], returns: i32 },
  bind: { args: [i32, ptr, u32], returns: i32 },
  listen: { args: [i32, i32], returns: i32 },
  connect: { args: [i32, ptr, u32], returns: i32 },
  getsockname: { args: [i32, ptr, ptr], returns: i32 },
  close: { args: [i32], returns: i32 },
} as const;

let opened: ReturnType<typeof openLibc> | undefined;

/** The system's own calls for sockets. */
export function libc() {
  opened ??= openLibc();
  return opened;
}

function openLibc() {
  try {
    return dlopen("libc.so.6", LIBC_SYMBOLS).symbols;
  } catch {
    const arch = process.arch === "arm64" ? "aarch64" : "x86_64";
    return dlopen(`libc.musl-${arch}.so.1`, LIBC_SYMBOLS).symbols;
  }
}
