import { canonicalAddress } from "../text/address.ts";

const PATH = "/etc/hosts";
/** A run of thousands of names reads it once; one that waits for hours sees it change. */
const READ_AGAIN_MS = 1_000;

let text = Promise.resolve("");
let readAtMs = Number.NEGATIVE_INFINITY;

/** The addresses that the hosts file has for a name in lower case (hosts(5)), canonical, in its order; none for none. */
export async function addressesInHostsFile(name: string): Promise<readonly string[]> {
  if (performance.now() - readAtMs > READ_AGAIN_MS) {
    readAtMs = performance.now();
    text = Bun.file(PATH)
      .text()
      .then(
        (contents) => contents.toLowerCase(),
        () => "",
      );
  }
  return addressesIn(await text, name);
}

/** The same for the contents of such a file, in lower case; only lines in which the name occurs are looked at. */
export function addressesIn(hosts: string, name: string): readonly string[] {
  const addresses = new Set<string>();
  for (let at = hosts.indexOf(name); at !== -1; ) {
    const start = hosts.lastIndexOf("\n", at) + 1;
    const end = hosts.indexOf("\n", at);
    const line = hosts.slice(start, end === -1 ? undefined : end);
    const [first = "", ...names] = line.split("#", 1).join("").trim().split(/\s+/);
    const address = names.includes(name) ? canonicalAddress(first) : undefined;
    if (address !== undefined) addresses.add(address);
    at = end === -1 ? -1 : hosts.indexOf(name, end);
  }
  return [...addresses];
}
