import { cleanText } from "../text/clean-text.ts";

/** How grave a line is; a log shows those from its own level on. */
export const LOG_LEVELS = ["error", "warn", "info", "debug"] as const;
/** One of them. */
export type LogLevel = (typeof LOG_LEVELS)[number];
/** How a log is written. */
export const LOG_FORMATS = ["logfmt", "json"] as const;
/** One of them. */
export type LogFormat = (typeof LOG_FORMATS)[number];

/** What a line tells, in order; what is null is left out. */
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

/** Lines that are the same but for the time they took are counted for so long. */
const SUM_UP_MS = 60_000;
/** Most different lines that are counted at a time. */
const MAX_COUNTED = 1_000;
/** Longest value: what is longer is cut. */
const MAX_VALUE_CHARACTERS = 320;
/** The first half of a surrogate pair, whose second one was cut off. */
const HALF_A_CHARACTER = /[\ud800-\udbff]$/;

/** A line that was written, and how often it could have been since. */
interface Counted {
  readonly level: LogLevel;
  readonly fields: LogFields;
  repeated: number;
}

/** How a log is written, and where. */
export interface LogTerms {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Takes one line, without its end. */
  readonly write: (line: string, level: LogLevel) => void;
}

/** One line each, of printable text. What is said again and again is said once a minute, with how often. */
export class DecisionLog {
  readonly #terms: LogTerms;
  readonly #leastGrave: number;
  readonly #counted = new Map<string, Counted>();
  /** The one of them that was met last, which is the next one mostly: that spares a key. */
  #latest: Counted | undefined;
  #timer: Timer | undefined;

  constructor(terms: LogTerms) {
    this.#terms = terms;
    this.#leastGrave = LOG_LEVELS.indexOf(terms.level);
  }

  /** Says something. */
  say(level: LogLevel, fields: LogFields): void {
    if (this.#isShown(level)) this.#write(level, fields, null, null);
  }

  /** The same of a decision, which may be one of thousands; `ms` is no part of what is the same, and one with a reference is never counted. */
  sayOften(level: LogLevel, fields: LogFields, ms: number, reference: string | null): void {
    if (!this.#isShown(level)) return;
    if (reference !== null) {
      this.#write(level, { ref: reference, ...fields }, ms, null);
      return;
    }
    if (this.#latest !== undefined && isSame(this.#latest, level, fields)) {
      this.#latest.repeated += 1;
      return;
    }
    const key = keyOf(level, fields);
    this.#latest = this.#counted.get(key);
    if (this.#latest !== undefined) {
      this.#latest.repeated += 1;
      return;
    }
    if (this.#counted.size >= MAX_COUNTED) this.flush();
    this.#latest = { level, fields, repeated: 0 };
    this.#counted.set(key, this.#latest);
    this.#timer ??= setTimeout(() => this.flush(), SUM_UP_MS).unref();
    this.#write(level, fields, ms, null);
  }

  /** Says now what has been counted. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const { level, fields, repeated } of this.#counted.values())
      if (repeated > 0) this.#write(level, fields, null, repeated);
    this.#counted.clear();
    this.#latest = undefined;
  }

  #isShown(level: LogLevel): boolean {
    return LOG_LEVELS.indexOf(level) <= this.#leastGrave;
  }

  #write(level: LogLevel, fields: LogFields, ms: number | null, repeated: number | null): void {
    const all = { level, ...fields, ms: ms === null ? null : Math.round(ms * 10) / 10, repeated };
    const said = Object.entries(all).flatMap(([name, value]) =>
      value === null ? [] : [[name, typeof value === "string" ? shown(value) : value] as const],
    );
    const { format, write } = this.#terms;
    write(
      format === "json"
        ? JSON.stringify(Object.fromEntries(said))
        : said.map(([name, value]) => `${name}=${quoted(String(value))}`).join(" "),
      level,
    );
  }
}

function isSame(counted: Counted, level: LogLevel, fields: LogFields): boolean {
  if (counted.level !== level) return false;
  for (const name in fields) if (fields[name] !== counted.fields[name]) return false;
  for (const name in counted.fields) if (!(name in fields)) return false;
  return true;
}

/** What is the same about two lines. By hand: it is made for every recipient. */
function keyOf(level: LogLevel, fields: LogFields): string {
  let key: string = level;
  for (const name in fields) key += `\0${fields[name]}`;
  return key;
}

function shown(value: string): string {
  const clean = cleanText(value.slice(0, MAX_VALUE_CHARACTERS + 1));
  if (clean.length <= MAX_VALUE_CHARACTERS) return clean;
  return `${clean.slice(0, MAX_VALUE_CHARACTERS).replace(HALF_A_CHARACTER, "")}…`;
}

/** As logfmt wants a value that has blanks, quotes or an equals sign. */
function quoted(value: string): string {
  return /^[^\s"=\\]+$/.test(value) ? value : `"${value.replace(/["\\]/g, "\\$&")}"`;
}
