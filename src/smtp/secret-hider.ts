/** A shorter part of what is secret may be part of anything. */
const LEAST_PART = 4;

/**
 * Makes a function that writes `***` for a secret wherever a server repeats it: as it is, in base64 at whatever place,
 * and the beginning of it where a line was cut.
 */
export function secretHider({ secret }: { readonly secret: string }): (text: string) => string {
  const octets = Buffer.from(secret);
  const encoded = [0, 1, 2]
    .map((shift) => insideBase64(octets, shift))
    .filter((text) => text.length >= LEAST_PART);
  const hidden = [secret, ...encoded].toSorted((one, other) => other.length - one.length);
  return (text) => hidden.reduce(hide, text);
}

/** What base64 has of some octets alone, when so many others stand before them, whatever these and those behind are. */
function insideBase64(octets: Buffer, shift: number): string {
  const encoded = Buffer.concat([Buffer.alloc(shift), octets]).toString("base64url");
  const begin = Math.ceil((shift * 8) / 6);
  const end = Math.floor(((shift + octets.length) * 8) / 6);
  return encoded.slice(begin, end).replaceAll("-", "+").replaceAll("_", "/");
}

function hide(text: string, secret: string): string {
  const left = text.replaceAll(secret, "***");
  for (let length = Math.min(secret.length - 1, left.length); length >= LEAST_PART; length -= 1) {
    if (left.endsWith(secret.slice(0, length))) return `${left.slice(0, -length)}***`;
  }
  return left;
}
