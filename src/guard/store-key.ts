/** Octets of a key in a store: enough that no two meet. */
const KEY_OCTETS = 18;

/** A key as a store sees it: nobody who reads there learns who writes to whom. */
export function storeKey(key: string): string {
  const digest = new Bun.CryptoHasher("sha256").update(key).digest();
  return digest.subarray(0, KEY_OCTETS).toString("base64url");
}
