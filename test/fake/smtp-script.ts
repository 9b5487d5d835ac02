/** One thing a scripted server does or expects. */
export type Step =
  | { readonly kind: "send"; readonly octets: Uint8Array }
  | { readonly kind: "expect"; readonly line: string }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "close" }
  | { readonly kind: "reset" };

/**
 * Reads a script, one step a line; blank lines and indentation do not matter.
 *
 *     S: 220 mx.example.test      sends the line with CRLF
 *     S| 220 mx\x1b[31m\n         sends these octets and no line end; JavaScript escapes, \xNN is one octet
 *     C: QUIT                     waits for exactly this line
 *     (wait 50ms)  (close)  (reset)
 *
 * Neighbouring `S` steps leave as one packet; a `(wait)` parts them. Write scripts that hold escapes with `String.raw`.
 * @throws SyntaxError for a line that is none of these.
 */
export function parseScript(script: string): readonly Step[] {
  const steps: Step[] = [];
  for (const line of script.split("\n")) {
    if (line.trim() === "") continue;
    const step = parseStep(line);
    const last = steps.at(-1);
    if (step.kind === "send" && last?.kind === "send") {
      steps[steps.length - 1] = { kind: "send", octets: Buffer.concat([last.octets, step.octets]) };
    } else {
      steps.push(step);
    }
  }
  return steps;
}

function parseStep(line: string): Step {
  const spoken = /^\s*([SC][:|]) ?(.*)$/.exec(line);
  const [, who, text = ""] = spoken ?? [];
  if (who === "S:") return { kind: "send", octets: Buffer.from(`${text}\r\n`) };
  if (who === "S|") return { kind: "send", octets: unescapeOctets(text) };
  if (who === "C:") return { kind: "expect", line: text };
  const wait = /^\s*\(wait (\d+)ms\)\s*$/.exec(line);
  if (wait) return { kind: "wait", ms: Number(wait[1]) };
  if (line.trim() === "(close)") return { kind: "close" };
  if (line.trim() === "(reset)") return { kind: "reset" };
  throw new SyntaxError(
    `Cannot read ${JSON.stringify(line)} as a script line: want S: S| C: (wait 50ms) (close) (reset)`,
  );
}

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = { r: "\r", n: "\n", t: "\t", "0": "\0", "\\": "\\" };

function unescapeOctets(text: string): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [whole, octet, unit, simple] of text.matchAll(
    /\\x([0-9a-f]{2})|\\u([0-9a-f]{4})|\\(.)|[^\\]+/gi,
  )) {
    if (octet) parts.push(Uint8Array.of(Number.parseInt(octet, 16)));
    else if (unit) parts.push(Buffer.from(String.fromCharCode(Number.parseInt(unit, 16))));
    else parts.push(Buffer.from(simple ? (SIMPLE_ESCAPES[simple] ?? simple) : whole));
  }
  return Buffer.concat(parts);
}
