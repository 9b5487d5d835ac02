import { type FakeSmtpServer, fakeSmtpServer } from "../fake/smtp-server.ts";

/** Scripted servers on several addresses and one port, as mail exchangers are; disposing of them closes all. */
export interface ServersOnOnePort extends Disposable {
  readonly port: number;
  /** How many connections each has accepted so far, in the order given. */
  readonly connectionCounts: readonly number[];
}

/** A port that is free on one address may be taken on another: so often another one is tried. */
const MAX_TRIES = 20;

/** Starts a server for each address, with its script. */
export function serversOnOnePort(scripts: Readonly<Record<string, string>>): ServersOnOnePort {
  for (let tries = 1; ; tries += 1) {
    const servers: FakeSmtpServer[] = [];
    const closeAll = () => {
      for (const server of servers) server[Symbol.dispose]();
    };
    try {
      for (const [hostname, script] of Object.entries(scripts)) {
        servers.push(fakeSmtpServer(script, { hostname, port: servers[0]?.port ?? 0 }));
      }
      return {
        port: servers[0]?.port ?? 0,
        get connectionCounts() {
          return servers.map(({ connectionCount }) => connectionCount);
        },
        [Symbol.dispose]: closeAll,
      };
    } catch (error) {
      closeAll();
      if (tries === MAX_TRIES) throw error;
    }
  }
}
