import type { RedisConnection } from "../cache/redis/connection.ts";
import { KEPT_AT_LEAST_MS, MAX_KEYS, PASS_MS, WAITING_MS } from "./relents.ts";
import type { SharedMemory } from "./relief.ts";
import { storeKey } from "./store-key.ts";

/** Two sorted sets, of passes and of first times, each by its time; the number is the version of the layout. */
const SETS = ["smtpdcheck:2:passes", "smtpdcheck:2:sendings"] as const;

/**
 * What both scripts begin with: a key that is no sorted set is removed; what has expired goes by the server's clock too,
 * for a guard whose own is ahead must not forget for the others; and a full set forgets its oldest, or takes nothing in.
 */
const LIBRARY = `
  local now, keptMs = tonumber(ARGV[1]), { tonumber(ARGV[2]), tonumber(ARGV[3]) }
  local clock = redis.call('TIME')
  local serverMs = clock[1] * 1000 + math.floor(clock[2] / 1000)
  local most, leastMs = tonumber(ARGV[4]), tonumber(ARGV[5])
  for at = 1, 2 do
    local kind = redis.call('TYPE', KEYS[at]).ok
    if kind ~= 'zset' and kind ~= 'none' then redis.call('DEL', KEYS[at]) end
  end
  local function timeOf(at, member)
    local time = redis.call('ZSCORE', KEYS[at], member)
    if time and now - tonumber(time) <= keptMs[at] then return time end
  end
  local function add(at, member)
    local oldest
    if redis.call('ZCARD', KEYS[at]) >= most and not redis.call('ZSCORE', KEYS[at], member) then
      oldest = redis.call('ZRANGE', KEYS[at], 0, 0, 'WITHSCORES')
      local ageMs = now - tonumber(oldest[2])
      if at == 2 and ageMs >= 0 and ageMs < leastMs then return end
    end
    redis.call('ZADD', KEYS[at], ARGV[1], member)
    if oldest then redis.call('ZREM', KEYS[at], oldest[1]) end
    redis.call('ZREMRANGEBYSCORE', KEYS[at], '-inf', '(' .. string.format('%.0f', math.min(now, serverMs) - keptMs[at]))
    redis.call('PEXPIRE', KEYS[at], string.format('%.0f', keptMs[at]))
  end`;

/** The pass is good for as long again; each key has its first time, now where it had none. */
const MEET = `${LIBRARY}
  local answer = { '0' }
  if timeOf(1, ARGV[6]) then
    answer[1] = '1'
    add(1, ARGV[6])
  end
  for at = 7, #ARGV do
    local first = timeOf(2, ARGV[at])
    if not first then
      first = ARGV[1]
      add(2, ARGV[at])
    end
    answer[at - 5] = first
  end
  return answer`;

const GIVE_PASS = `${LIBRARY}
  add(1, ARGV[6])`;

/** What guards know together in a Redis or Valkey server. */
export class ServerMemory implements SharedMemory {
  readonly #connection: RedisConnection;
  readonly #maxKeys: number;

  constructor(connection: RedisConnection, maxKeys = MAX_KEYS) {
    this.#connection = connection;
    this.#maxKeys = maxKeys;
  }

  async meet(pass: string, keys: readonly string[], nowMs: number): ReturnType<SharedMemory["meet"]> {
    const answer = await this.#run(MEET, nowMs, [pass, ...keys]);
    const [hasPass, ...firstMs]: readonly unknown[] = Array.isArray(answer) ? answer : [];
    return { hasPass: hasPass === "1", firstMs: keys.map((_, at) => timeOf(firstMs[at]) ?? nowMs) };
  }

  async givePass(pass: string, nowMs: number): Promise<void> {
    await this.#run(GIVE_PASS, nowMs, [pass]);
  }

  close(): void {
    this.#connection.close();
  }

  #run(script: string, nowMs: number, keys: readonly string[]): Promise<unknown> {
    const numbers = [nowMs, PASS_MS, WAITING_MS, this.#maxKeys, KEPT_AT_LEAST_MS].map(String);
    return this.#connection.send(
      "EVAL",
      script,
      String(SETS.length),
      ...SETS,
      ...numbers,
      ...keys.map(storeKey),
    );
  }
}

/** Undefined for what no guard has written there. */
function timeOf(value: unknown): number | undefined {
  return typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}
