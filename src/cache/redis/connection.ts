import { lendDescriptors, stopLending } from "../../limits/descriptors.ts";
import { cleanText } from "../../text/clean-text.ts";
import { codeOf } from "../../text/errors.ts";
import { CacheError } from "../store.ts";

/** How long one operation may take, the connecting before it included, and all those for one question together. */
const REDIS_LIMIT_MS = 250;
/** Longest part of a server's message that is repeated. */
const MAX_MESSAGE_CHARACTERS = 200;

const TOO_SLOW = `it took longer than ${REDIS_LIMIT_MS} ms`;
const GIVEN_BACK = "a server needed its descriptor";
const NOT_REDIS = "the server does not speak Redis";

const REASONS: Readonly<Record<string, string>> = {
  ERR_REDIS_CONNECTION_CLOSED: "cannot connect, or the connection was lost",
  ERR_REDIS_INVALID_RESPONSE: NOT_REDIS,
  ERR_REDIS_INVALID_RESPONSE_TYPE: NOT_REDIS,
  ERR_REDIS_INVALID_BULK_STRING: NOT_REDIS,
};
/**
 * Bun logs in with HELLO, and calls whatever else it hears then a failed login. Nothing of it is repeated but a leading
 * error code: a server that does not know HELLO sends its arguments back, the password among them.
 */
const LOGIN_FAILED = "ERR_REDIS_AUTHENTICATION_FAILED";
const LOGIN_FAILURES: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [
    /^(?:WRONGPASS|NOAUTH|NOPERM)\b|^ERR (?:AUTH\b|invalid password)/,
    "the user or the password is wrong or missing",
  ],
  [/^(?:NOPROTO|ERR unknown command)/, "the server is too old: want Redis 6 or Valkey"],
  [/^(?![A-Z]+ )/, NOT_REDIS],
];

/**
 * One connection to a Redis or Valkey server, made for the first command and never again: a server that failed once is
 * left alone. Every command has its own limit, and rejects with a {@link CacheError} when it fails.
 */
export class RedisConnection {
  readonly #url: string;
  readonly #shown: string;
  #client: Bun.RedisClient | undefined;

  /** `shown` names the server in messages. */
  constructor(url: string, shown: string) {
    this.#url = url;
    this.#shown = cleanText(shown);
  }

  /** Sends a command; resolves to the reply, whatever that is. */
  send(command: string, ...args: string[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(this.#failure(TOO_SLOW));
        this.close();
      }, REDIS_LIMIT_MS);
      this.#exchange(command, args)
        .then(resolve, (error) => reject(this.#failure(reasonOf(error))))
        .finally(() => clearTimeout(timer));
    });
  }

  /** @throws {CacheError} when so many milliseconds are too many. */
  mustPay(spentMs: number): void {
    if (spentMs > REDIS_LIMIT_MS) throw this.#failure(TOO_SLOW);
  }

  close(): void {
    stopLending(this.#giveBack);
    this.#client?.close();
  }

  /** An answer is worth more than the cache; what is under way fails, and what comes later connects again. */
  readonly #giveBack = (): boolean => {
    const client = this.#client;
    this.close();
    this.#client = undefined;
    return client !== undefined;
  };

  #failure(why: string): CacheError {
    return new CacheError(`Cannot use the cache ${this.#shown}: ${why}`);
  }

  /** Commands wait for the first connection only: without reconnecting, a closed client rejects them at once. */
  async #exchange(command: string, args: string[]): Promise<unknown> {
    this.#client ??= new Bun.RedisClient(this.#url, { autoReconnect: false, connectionTimeout: 0 });
    lendDescriptors(this.#giveBack);
    const client = this.#client;
    try {
      return await client.send(command, args);
    } catch (error) {
      throw this.#client === client ? error : new Error(GIVEN_BACK);
    }
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown failure";
  const code = codeOf(error) ?? "";
  if (code === LOGIN_FAILED) return loginFailure(error.message);
  return cleanText(REASONS[code] ?? error.message.slice(0, MAX_MESSAGE_CHARACTERS));
}

function loginFailure(message: string): string {
  const known = LOGIN_FAILURES.find(([pattern]) => pattern.test(message));
  return known?.[1] ?? `the login failed with ${message.split(" ", 1)}`;
}
