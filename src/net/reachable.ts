import { type ConnectFailure, connectFailureOf } from "./connect-failure.ts";
import { Connection } from "./connection.ts";
import type { Endpoint } from "./endpoint.ts";

/** Whether a connection can be made, which is closed again without a word: null, or why not. Milliseconds. */
export function reach(endpoint: Endpoint, timeoutMs: number): Promise<ConnectFailure | null> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => done(connectFailureOf("ETIMEDOUT")), timeoutMs);
    const done = (failure: ConnectFailure | null) => {
      clearTimeout(timer);
      connection.terminate();
      resolve(failure);
    };
    const connection = new Connection(endpoint, {
      opened: () => done(null),
      failed: done,
      heard() {},
      secured() {},
      ended() {},
    });
  });
}
