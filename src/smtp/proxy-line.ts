import type { Ends } from "../net/listener.ts";

/** The line that tells a server behind a proxy who is there (PROXY protocol version 1, haproxy's proxy-protocol.txt §2.1). */
export function proxyLine({ localAddress, localPort, remoteAddress, remotePort }: Ends): string {
  const ends = [localAddress, remoteAddress, localPort, remotePort];
  if (ends.includes(undefined)) return "PROXY UNKNOWN\r\n";
  const [bareLocal = "", bareRemote = ""] = [localAddress, remoteAddress].map(
    (address) => address?.split("%")[0],
  );
  return `PROXY TCP${bareLocal.includes(":") ? 6 : 4} ${bareLocal} ${bareRemote} ${localPort} ${remotePort}\r\n`;
}
