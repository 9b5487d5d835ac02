import type { RedisConnection } from "../cache/redis/connection.ts";
import { PASS_MS, WAITING_MS } from "./relents.ts";
import type { SharedMemory } from "./relief.ts";
import { storeKey } from "./store-key.ts";

/** In front of every key; the number is the version of the layout. */
const PREFIX = "smtpdcheck:2:sending:";

/** The pass is good for as long again; each key has its first time, now where it had none. */
const MEET = `
  local pass = redis.pcall('GET', KEYS[1])
  if type(pass) == 'string' then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
  local answer = { type(pass) == 'string' and '1' or '0' }
  for at = 2, #KEYS do
    local first = redis.pcall('GET', KEYS[at])
    if type(first) ~= 'string' then
      first = ARGV[1]
      redis.call('SET', KEYS[at], first, 'PX', ARGV[2])
    end
    answer[at] = first
  end
  return answer`;

/** What guards know together in a Redis or Valkey server; both forget by themselves. */
export class ServerMemory implements SharedMemory {
  readonly #connection: RedisConnection;

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  async meet(pass: string, keys: readonly string[], nowMs: number): ReturnType<SharedMemory["meet"]> {
    const all = [pass, ...keys].map((key) => PREFIX + storeKey(key));
    const terms = [String(nowMs), String(WAITING_MS), String(PASS_MS)];
    const answer = await this.#connection.send("EVAL", MEET, String(all.length), ...all, ...terms);
    const [hasPass, ...firstMs]: readonly unknown[] = Array.isArray(answer) ? answer : [];
    return { hasPass: hasPass === "1", firstMs: keys.map((_, at) => timeOf(firstMs[at]) ?? nowMs) };
  }

  async givePass(pass: string, nowMs: number): Promise<void> {
    await this.#connection.send("SET", PREFIX + storeKey(pass), String(nowMs), "PX", String(PASS_MS));
  }

  close(): void {
    this.#connection.close();
  }
}

/** Undefined for what no guard has written there. */
function timeOf(value: unknown): number | undefined {
  return typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}
