/** Different addresses of this machine's loopback interface, starting at 127.1.0.1. */
export function loopbackAddresses(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `127.1.${Math.floor(i / 250)}.${1 + (i % 250)}`);
}
