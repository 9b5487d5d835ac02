import { libc } from "./dead-port.ts";

const AF_UNIX = 1;
/** SOCK_STREAM, SOCK_NONBLOCK and SOCK_CLOEXEC. */
const KIND = 0o2004001;
const SOCKADDR_UN_OCTETS = 110;

/** A unix socket whose listener lives but never accepts, with no room for another client; disposing of it closes it. Linux. */
export function fullSocket(path: string): Disposable {
  const address = new Uint8Array(SOCKADDR_UN_OCTETS);
  new DataView(address.buffer).setUint16(0, AF_UNIX, true);
  address.set(Buffer.from(path), 2);
  const descriptors = [libc().socket(AF_UNIX, KIND, 0)];
  const [listener = -1] = descriptors;
  const isListening =
    libc().bind(listener, address, SOCKADDR_UN_OCTETS) === 0 && libc().listen(listener, 0) === 0;
  if (!isListening) throw new Error(`Cannot listen on ${path}`);
  for (let isFull = false; !isFull; ) {
    const client = libc().socket(AF_UNIX, KIND, 0);
    descriptors.push(client);
    isFull = libc().connect(client, address, SOCKADDR_UN_OCTETS) !== 0;
  }
  return {
    [Symbol.dispose]() {
      for (const descriptor of descriptors.splice(0)) libc().close(descriptor);
    },
  };
}
