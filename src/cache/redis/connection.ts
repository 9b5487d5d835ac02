import { cleanText } from "../../text/clean-text.ts";
import { codeOf } from "../../text/errors.ts";
import { CacheError } from "../store.ts";

/** How long one operation may take, the connecting before it included. */
const REDIS_LIMIT_MS = 250;
/** Longest part of a server's message that is repeated. */
const MAX_MESSAGE_CHARACTERS = 200;

const NOT_REDIS = "the server does not speak Redis";

const REASONS: Readonly<Record<string, string>> = {
  ERR_REDIS_CONNECTION_CLOSED: "cannot connect, or the connection was lost",
  ERR_REDIS_AUTHENTICATION_FAILED: "the user or the password is wrong or missing",
  ERR_REDIS_INVALID_RESPONSE: NOT_REDIS,
  ERR_REDIS_INVALID_RESPONSE_TYPE: NOT_REDIS,
  ERR_REDIS_INVALID_BULK_STRING: NOT_REDIS,
};
/** The error codes with which a Redis server refuses a login; Bun says the same of anything else it hears then. */
const REFUSED_LOGIN = /^(?:WRONGPASS|NOAUTH|NOPERM)\b|invalid password|AUTH/;

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
      const fail = (why: string) => reject(new CacheError(`Cannot use the cache ${this.#shown}: ${why}`));
      const timer = setTimeout(() => {
        fail(`it took longer than ${REDIS_LIMIT_MS} ms`);
        this.close();
      }, REDIS_LIMIT_MS);
      this.#exchange(command, args)
        .then(resolve, (error) => fail(reasonOf(error)))
        .finally(() => clearTimeout(timer));
    });
  }

  close(): void {
    this.#client?.close();
  }

  /** Commands wait for the first connection only: without reconnecting, a closed client rejects them at once. */
  async #exchange(command: string, args: string[]): Promise<unknown> {
    this.#client ??= new Bun.RedisClient(this.#url, { autoReconnect: false, connectionTimeout: 0 });
    return this.#client.send(command, args);
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown failure";
  const code = codeOf(error) ?? "";
  const message = error.message.slice(0, MAX_MESSAGE_CHARACTERS);
  const isLogin = code !== "ERR_REDIS_AUTHENTICATION_FAILED" || REFUSED_LOGIN.test(message);
  return cleanText((isLogin ? REASONS[code] : undefined) ?? message);
}
