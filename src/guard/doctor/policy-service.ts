import { insideBraces, splitWords } from "./words.ts";

/** Where a policy service is to be reached. */
export type PolicyEndpoint =
  /** Absolute, or below the queue directory. */
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "inet"; readonly host: string; readonly port: string };

/** What stands behind `check_policy_service`. */
export interface PolicyService {
  /** As it is written, such as `unix:mxguard/policy.sock`. */
  readonly address: string;
  /** Null for an address that Postfix does not take. */
  readonly endpoint: PolicyEndpoint | null;
  readonly settings: ReadonlyMap<string, string>;
  /** What Postfix cannot read, and what to write instead. */
  readonly faults: readonly string[];
}

/** What can be set (SMTPD_POLICY_README, "Advanced policy client configuration"). */
const SETTINGS: ReadonlySet<string> = new Set([
  "default_action",
  "max_idle",
  "max_ttl",
  "policy_context",
  "request_limit",
  "retry_delay",
  "timeout",
  "try_limit",
]);
const KNOWN = [...SETTINGS].join(", ");

/** Seconds of a time of Postfix's, such as `20s`, `1m` or `100`; undefined for anything else. */
export function parseTime(text: string): number | undefined {
  const [, number, unit = "s"] = /^(\d+)([smhdw])?$/.exec(text) ?? [];
  if (number === undefined) return undefined;
  const seconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };
  return Number(number) * (seconds[unit] ?? 1);
}

/** Reads the word behind `check_policy_service`: an address, or `{ address, name=value, … }`. */
export function parsePolicyService(word: string): PolicyService {
  if (!word.startsWith("{")) return { ...addressed(word), settings: new Map() };
  const inside = insideBraces(word);
  const [address = "", ...rest] = splitWords(inside ?? word.slice(1));
  const { settings, faults } = readSettings(rest);
  const own = addressed(address);
  const open = inside === undefined ? [`the braces of "${word}" are not closed: write a } behind it`] : [];
  return { ...own, settings, faults: [...open, ...own.faults, ...faults] };
}

/** Whether a word is a setting that belongs into the braces of a policy service. */
export function isSetting(word: string): boolean {
  const [, name = ""] = /^(\w+)=/.exec(word) ?? [];
  return SETTINGS.has(name);
}

function addressed(address: string): Pick<PolicyService, "address" | "endpoint" | "faults"> {
  const [, path] = /^(?:unix|local):(.+)$/.exec(address) ?? [];
  if (path !== undefined) return { address, endpoint: { kind: "unix", path }, faults: [] };
  const [, host, port] = /^inet:(?:\[?([^\]]*?)\]?:)?(\w+)$/.exec(address) ?? [];
  if (port !== undefined) {
    return { address, endpoint: { kind: "inet", host: host || "localhost", port }, faults: [] };
  }
  const faults = [`"${address}" is no address: write unix:path or inet:host:port`];
  return { address, endpoint: null, faults };
}

function readSettings(words: readonly string[]): Pick<PolicyService, "settings" | "faults"> {
  const settings = new Map<string, string>();
  const faults: string[] = [];
  for (const setting of joinSpaced(words)) {
    const [, name, value = ""] = /^([^\s=]+)\s*=\s*(.*)$/s.exec(insideBraces(setting) ?? setting) ?? [];
    if (name === undefined) {
      faults.push(`"${setting}" is no setting: write name=value, or {name=value} for a value with blanks`);
      continue;
    }
    settings.set(name, value);
    if (!setting.startsWith("{") && /\s/.test(setting)) {
      faults.push(`there are blanks around = in "${setting}": write ${name}=${value}`);
    }
    if (!SETTINGS.has(name)) faults.push(`there is no setting "${name}": there are ${KNOWN}`);
  }
  return { settings, faults: [...faults, ...badValues(settings)] };
}

/** Puts together again what blanks around `=` have parted. */
function joinSpaced(words: readonly string[]): readonly string[] {
  const joined: string[] = [];
  for (const word of words) {
    const before = joined.at(-1);
    const isParted = word.startsWith("=") || (before?.endsWith("=") === true && !word.includes("="));
    if (before !== undefined && isParted) joined[joined.length - 1] = `${before} ${word}`;
    else joined.push(word);
  }
  return joined;
}

function badValues(settings: ReadonlyMap<string, string>): readonly string[] {
  return [...settings].flatMap(([name, value]) => {
    const isTime = ["max_idle", "max_ttl", "retry_delay", "timeout"].includes(name);
    if (isTime && !parseTime(value)) return [`"${value}" is no time: write ${name}=20s`];
    const isCount = name === "try_limit" || name === "request_limit";
    const isWrong = isCount && !(name === "try_limit" ? /^0*[1-9]\d*$/ : /^\d+$/).test(value);
    return isWrong ? [`"${value}" is no number that ${name} takes: write ${name}=2`] : [];
  });
}
