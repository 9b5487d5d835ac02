import { endsInNumber } from "../text/address.ts";

/** A host name of at least two labels (RFC 5321 §2.3.5). */
const FULL_NAME = /^[a-z\d](?:[a-z\d-]*[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]*[a-z\d])?)+$/i;

/** This machine's full name by its own name and the hosts file, as `hostname -f` has it; null when it has none. */
export async function fullNameOf(ownName: string): Promise<string | null> {
  if (isFullName(ownName)) return ownName;
  const hosts = await Bun.file("/etc/hosts")
    .text()
    .catch(() => "");
  for (const line of hosts.split("\n")) {
    const [, ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    if (!names.includes(ownName)) continue;
    const full = names.find((name) => isFullName(name) && !/^localhost\./i.test(name));
    if (full !== undefined) return full;
  }
  return null;
}

function isFullName(name: string): boolean {
  return FULL_NAME.test(name) && !endsInNumber(name);
}
