import { isSameQuestion, parseKept } from "../parse-kept.ts";
import { parseJson } from "../record.ts";
import { type CacheStore, type Kept, type KeptFilter, MAX_LEASE_MS, type Question } from "../store.ts";
import { RedisConnection } from "./connection.ts";

/** In front of every key; the number is the version of the layout. */
const PREFIX = "smtpdcheck:2:";
const KEPT_KEY = /^smtpdcheck:2:kept:(\d{1,5}):(?:any|4|6):(\S+)(?: .+)?$/;
/** How many keys a step of a scan looks at, and how many values are asked for at once. */
const BATCH = 256;

/** Takes a lease, or renews it. A lease without an end, or a value that is none, was not left by us and does not hold. */
const CLAIM = `
  local holder = redis.pcall('GET', KEYS[1])
  local function name(owner) return string.match(owner, '^[^/]*') end
  if type(holder) == 'string' and name(holder) ~= name(ARGV[1]) then
    local left = redis.call('PTTL', KEYS[1])
    if left >= 0 and left <= tonumber(ARGV[3]) then return holder end
  end
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return ARGV[1]`;

const RELEASE = `
  local holder = redis.pcall('GET', KEYS[1])
  if type(holder) == 'string' and string.match(holder, '^[^/]*') == string.match(ARGV[1], '^[^/]*') then
    return redis.call('DEL', KEYS[1])
  end
  return 0`;

/** A cache in a Redis or Valkey server, shared by all machines that use it. */
export class RedisStore implements CacheStore {
  readonly #connection: RedisConnection;

  /** `shown` names the server in messages. */
  constructor(url: string, shown: string) {
    this.#connection = new RedisConnection(url, shown);
  }

  async get(question: Question): Promise<Kept | null> {
    const [kept] = await this.#values([keptKey(question)]);
    return kept !== undefined && isSameQuestion(kept.question, question) ? kept : null;
  }

  async put(kept: Kept): Promise<void> {
    const leftMs = kept.expiresAtMs - Date.now();
    if (leftMs < 1) return;
    const value = JSON.stringify(kept);
    await this.#connection.send("SET", keptKey(kept.question), value, "PX", String(Math.ceil(leftMs)));
  }

  async claim(question: Question, owner: string, leaseMs: number): Promise<string> {
    const times = [String(Math.ceil(leaseMs)), String(MAX_LEASE_MS)];
    return String(await this.#connection.send("EVAL", CLAIM, "1", leaseKey(question), owner, ...times));
  }

  async release(question: Question, owner: string): Promise<void> {
    await this.#connection.send("EVAL", RELEASE, "1", leaseKey(question), owner);
  }

  async list(): Promise<readonly Kept[]> {
    const all: Kept[] = [];
    for (const keys of batches(await this.#keys())) all.push(...(await this.#values(keys)));
    return all;
  }

  async clear(filters: readonly KeptFilter[]): Promise<number> {
    const keys = (await this.#keys()).filter((key) => filters.length === 0 || isMeant(key, filters));
    let count = 0;
    for (const batch of batches(keys)) count += Number(await this.#connection.send("DEL", ...batch));
    return count;
  }

  mustPay(spentMs: number): void {
    this.#connection.mustPay(spentMs);
  }

  close(): void {
    this.#connection.close();
  }

  /** MGET, unlike GET, takes a value of another type for none. */
  async #values(keys: readonly string[]): Promise<readonly Kept[]> {
    const values = await this.#connection.send("MGET", ...keys);
    if (!Array.isArray(values)) return [];
    const nowMs = Date.now();
    return values
      .map(parseValue)
      .filter((kept) => kept !== undefined)
      .filter((kept) => kept.expiresAtMs > nowMs);
  }

  async #keys(): Promise<readonly string[]> {
    const keys = new Set<string>();
    let cursor = "0";
    do {
      const reply = await this.#connection.send(
        "SCAN",
        cursor,
        "MATCH",
        `${PREFIX}kept:*`,
        "COUNT",
        String(BATCH),
      );
      const [next, found] = Array.isArray(reply) ? reply : [];
      for (const key of Array.isArray(found) ? found : [])
        if (KEPT_KEY.test(String(key))) keys.add(String(key));
      cursor = typeof next === "string" ? next : "0";
    } while (cursor !== "0");
    return [...keys].sort();
  }
}

function keptKey({ host, port, family, manner }: Question): string {
  return `${PREFIX}kept:${port}:${family ?? "any"}:${host}${ending(manner)}`;
}

function leaseKey({ host, port, family, manner }: Question): string {
  return `${PREFIX}lease:${port}:${family ?? "any"}:${host}${ending(manner)}`;
}

function ending(manner: string | undefined): string {
  return manner === undefined ? "" : ` ${manner}`;
}

function isMeant(key: string, filters: readonly KeptFilter[]): boolean {
  const [, port, host] = KEPT_KEY.exec(key) ?? [];
  return filters.some((filter) => filter.host === host && (filter.port ?? Number(port)) === Number(port));
}

function parseValue(value: unknown): Kept | undefined {
  return typeof value === "string" ? parseKept(parseJson(value)) : undefined;
}

function* batches<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += BATCH) yield all.slice(at, at + BATCH);
}
