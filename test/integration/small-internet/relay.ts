import type { Service } from "./service.ts";
import { until } from "./until.ts";

/** A mail server, with the mail it holds. */
export interface Relay extends Service {
  /** The messages that wait in it: a file of each. */
  queue(): readonly string[];
  /** Resolves once none waits. */
  drained(withinMs?: number): Promise<void>;
}

/** Sees a service's messages in its folder: a file of each that the pattern names. */
export function relayOf(service: Service, pattern: string): Relay {
  const { host, folder, log } = service;
  const queue = () => [...new Bun.Glob(pattern).scanSync({ cwd: folder.path, absolute: true })];
  return {
    ...service,
    queue,
    drained: (withinMs) =>
      until(
        () => queue().length === 0,
        () => `${host.name} keeps its mail:\n${log()}`,
        withinMs,
      ),
  };
}
