/** A shorter part of what is secret, at the end of a line that was cut, may be part of anything. */
const LEAST_PART = 4;
/** So many characters of it, wherever they stand, are a part of it: a server may break it into lines. */
const PART = 6;

/** Characters that escapes stand in front of: in JSON, and in the names of certificates (RFC 4514 §2.4). */
const ESCAPED = /["\\+,;<>=#]/g;
const HEX = 16;

/**
 * Makes a function that writes `***` for a secret wherever a server repeats it, or six characters of it: as it is, in
 * other case, in base64 at whatever place, in hexadecimal, and with the escapes of URLs, JSON, quoted-printable and
 * names; and four of its beginning where a line was cut.
 */
export function secretHider({ secret }: { readonly secret: string }): (text: string) => string {
  const hidden = [...new Set(formsOf(secret).map(lowerCase))];
  const parts = partsOf(hidden);
  return (text) => {
    const isHidden = new Uint8Array(text.length);
    markParts(lowerCase(text), parts, isHidden);
    markBeginning(lowerCase(text), hidden, isHidden);
    return isHidden.includes(1) ? withStars(text, isHidden) : text;
  };
}

/** What a server may make of it. */
function formsOf(secret: string): readonly string[] {
  const octets = Buffer.from(secret);
  const encoded = [0, 1, 2].map((shift) => insideBase64(octets, shift));
  const forms = [
    ...encoded,
    ...encoded.map((text) => text.replaceAll("+", "-").replaceAll("/", "_")),
    octets.toString("hex"),
    encodeOctets(octets, "%"),
    encodeOctets(octets, "="),
    secret.replaceAll("=", "=3D"),
    secret.replace(ESCAPED, "\\$&"),
    secret.replace(/["\\]/g, "\\$&"),
  ];
  return [secret, ...forms.filter((text) => text.length >= LEAST_PART)];
}

/** What base64 has of some octets alone, when so many others stand before them, whatever these and those behind are. */
function insideBase64(octets: Buffer, shift: number): string {
  const encoded = Buffer.concat([Buffer.alloc(shift), octets]).toString("base64");
  const begin = Math.ceil((shift * 8) / 6);
  const end = Math.floor(((shift + octets.length) * 8) / 6);
  return encoded.slice(begin, end);
}

/** As in URLs (RFC 3986 §2.1) or quoted-printable (RFC 2045 §6.7): what is no letter or digit by its number. */
function encodeOctets(octets: Buffer, mark: string): string {
  return [...octets]
    .map((octet) => {
      const character = String.fromCharCode(octet);
      return /[\w.~-]/.test(character) ? character : mark + octet.toString(HEX).padStart(2, "0");
    })
    .join("");
}

/** Lower case, where that leaves every character in its place. */
function lowerCase(text: string): string {
  const lower = text.toLowerCase();
  return lower.length === text.length ? lower : text;
}

/** All parts of a length, by that length: a form that is shorter is a part as a whole. */
function partsOf(forms: readonly string[]): ReadonlyMap<number, ReadonlySet<string>> {
  const parts = new Map<number, Set<string>>();
  for (const form of forms) {
    const length = Math.min(PART, form.length);
    const those = parts.get(length) ?? new Set();
    parts.set(length, those);
    for (let at = 0; at + length <= form.length; at += 1) those.add(form.slice(at, at + length));
  }
  return parts;
}

function markParts(text: string, parts: ReturnType<typeof partsOf>, isHidden: Uint8Array): void {
  for (const [length, those] of parts)
    for (let at = 0; at + length <= text.length; at += 1)
      if (those.has(text.slice(at, at + length))) isHidden.fill(1, at, at + length);
}

function markBeginning(text: string, forms: readonly string[], isHidden: Uint8Array): void {
  for (const form of forms)
    for (let length = LEAST_PART; length < Math.min(PART, form.length); length += 1)
      if (text.endsWith(form.slice(0, length))) isHidden.fill(1, text.length - length);
}

function withStars(text: string, isHidden: Uint8Array): string {
  let shown = "";
  for (let at = 0; at < text.length; at += 1)
    if (isHidden[at] === 0) shown += text[at];
    else if (at === 0 || isHidden[at - 1] === 0) shown += "***";
  return shown;
}
