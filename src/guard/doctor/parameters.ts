import { cannotRead } from "../../text/errors.ts";
import { logicalLines, splitWords } from "./words.ts";

/** How deep values may stand in values; what goes deeper goes in a circle. */
const MAX_DEPTH = 16;

/** What Postfix takes where main.cf says nothing (`postconf -d`), as far as it matters here. */
const DEFAULTS: Readonly<Record<string, string>> = {
  inet_interfaces: "all",
  mail_owner: "postfix",
  queue_directory: "/var/spool/postfix",
  smtpd_delay_reject: "yes",
  smtpd_policy_service_default_action: "451 4.3.5 Server configuration problem",
  smtpd_policy_service_retry_delay: "1s",
  smtpd_policy_service_timeout: "100s",
  smtpd_policy_service_try_limit: "2",
};

/** The same, for parameters whose default changed with a compatibility level (COMPATIBILITY_README): `[level, below, from]`. */
const LEVELLED: Readonly<Record<string, readonly [level: string, below: string, from: string]>> = {
  smtpd_relay_restrictions: [
    "1",
    "",
    "permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination",
  ],
  smtpd_relay_before_recipient_restrictions: ["3.6", "no", "yes"],
};

/** The parameters that an smtpd runs by. */
export class Parameters {
  readonly #given: ReadonlyMap<string, string>;

  constructor(given: ReadonlyMap<string, string>) {
    this.#given = given;
  }

  /** The same with what `-o` of master.cf says instead. */
  with(overrides: ReadonlyMap<string, string>): Parameters {
    return new Parameters(new Map([...this.#given, ...overrides]));
  }

  /** Whether it was set. */
  isGiven(name: string): boolean {
    return this.#given.has(name);
  }

  /** A value with the `$name`s in it replaced; "" for one that nobody set and Postfix does not either. */
  value(name: string): string {
    return this.#expand(this.#raw(name), MAX_DEPTH);
  }

  /** A value as the words that it consists of. */
  words(name: string): readonly string[] {
    return splitWords(this.value(name));
  }

  /** Whether the compatibility level, 0 where nobody set it, is at least this one. */
  isLevel(wanted: string): boolean {
    const [major = 0, minor = 0] = numbersOf(this.#given.get("compatibility_level") ?? "0");
    const [wantedMajor = 0, wantedMinor = 0] = numbersOf(wanted);
    return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
  }

  #raw(name: string): string {
    const given = this.#given.get(name);
    if (given !== undefined) return given;
    const levelled = Object.hasOwn(LEVELLED, name) ? LEVELLED[name] : undefined;
    if (levelled !== undefined) return this.isLevel(levelled[0]) ? levelled[2] : levelled[1];
    return (Object.hasOwn(DEFAULTS, name) ? DEFAULTS[name] : undefined) ?? "";
  }

  /** `$name`, `$(name)`, `${name}`, `${name?text}`, `${name:text}`, `${name?{text}:{text}}`; comparisons stay as they are. */
  #expand(text: string, depth: number): string {
    if (depth === 0 || !text.includes("$")) return text;
    const valueAt = (name: string) => this.#expand(this.#raw(name), depth - 1);
    return text.replace(
      /\$\$|\$\{(\w+)\?\{([^{}]*)\}:\{([^{}]*)\}\}|\$\{(\w+)([?:])\{?([^{}]*)\}?\}|\$(?:(\w+)|\((\w+)\)|\{(\w+)\})/g,
      (whole, either, yes, no, one, sign, then, ...names) => {
        if (whole === "$$") return "$";
        if (either !== undefined) return this.#expand(valueAt(either) === "" ? no : yes, depth - 1);
        if (one === undefined) return valueAt(names.slice(0, 3).find((name) => name !== undefined));
        return (valueAt(one) === "") === (sign === ":") ? this.#expand(then, depth - 1) : "";
      },
    );
  }
}

/**
 * Reads what `postconf -n` prints, or a main.cf; the last of two values holds.
 * @throws {UsageError} for a line that is neither.
 */
export function parseMainCf(text: string): Parameters {
  const given = new Map<string, string>();
  for (const line of logicalLines(text)) {
    const [, name, value = ""] = /^([^\s=]+)\s*=\s*(.*)$/s.exec(line) ?? [];
    if (name === undefined) throw cannotRead(line, "a line of postconf -n", "name = value");
    given.set(name, value.trim());
  }
  return new Parameters(given);
}

function numbersOf(level: string): readonly number[] {
  return level.split(".").map((part) => Number.parseInt(part, 10) || 0);
}
