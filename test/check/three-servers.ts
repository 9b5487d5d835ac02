import { connectionsBefore } from "../fake/connections-before.ts";
import { GREETS_AND_LISTENS as GREETS } from "../fake/scripts.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";

/** Where {@link threeServers} are. */
export const THREE = { "s1.test": ["127.0.0.61"], "s2.test": ["127.0.0.62"], "s3.test": ["127.0.0.63"] };

/** Three servers with one script, on one port, that count their connections. */
export function threeServers(script = GREETS) {
  const first = fakeSmtpServer(script, { hostname: "127.0.0.61" });
  const { port } = first;
  const others = ["127.0.0.62", "127.0.0.63"].map((hostname) => fakeSmtpServer(script, { hostname, port }));
  const servers = [first, ...others];
  return {
    port,
    /** How many connections have been made to each so far. */
    connections: () => Promise.all(servers.map(connectionsBefore)),
    [Symbol.dispose]() {
      for (const server of servers) server[Symbol.dispose]();
    },
  };
}
