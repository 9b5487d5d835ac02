import { type Family, familyOf } from "../text/address.ts";
import { cannotRead, UsageError } from "../text/errors.ts";
import { isSocketPath, parseTargets, type Target } from "../text/target.ts";
import type { Listed } from "./listed.ts";
import type { Load } from "./load.ts";
import { type CheckOptions, portOf } from "./options.ts";

/**
 * The servers of a run: the mail exchangers of the domains asked for, in front of the servers named.
 * @throws {UsageError} when a server or domain cannot be read, or there is none.
 * @throws {MxLookupError} when the exchangers of a domain cannot be looked up.
 */
export async function listServers(
  servers: string | readonly string[],
  options: CheckOptions,
  signal: AbortSignal,
  further: Load,
): Promise<readonly Listed[]> {
  const { mx = [], family, sort = false, lmtp = false } = options;
  const port = portOf(options);
  const named: Listed[] = [];
  for (const argument of typeof servers === "string" ? [servers] : servers) {
    for (const target of parseTargets(argument, port)) {
      if (family !== undefined && !isSocketPath(target.host) && (familyOf(target.host) ?? family) !== family)
        throw wrongFamily(target, family);
      if (isSocketPath(target.host) && !lmtp)
        throw new UsageError("Cannot use a unix socket without --lmtp: SMTP is spoken over TCP");
      named.push({ target });
    }
  }
  if (mx.length === 0) {
    if (named.length > 0) return sort ? byPreference(named) : named;
    throw new UsageError("No server given: want at least one, such as 10:mx1.example.org");
  }
  const { listExchangers } = await further();
  const listed = [...(await listExchangers(mx, options, port, signal)), ...named];
  return sort ? byPreference(listed) : listed;
}

function byPreference(listed: readonly Listed[]): readonly Listed[] {
  const rank = ({ target }: Listed) => target.preference ?? Number.POSITIVE_INFINITY;
  return listed.toSorted((one, other) => (rank(one) === rank(other) ? 0 : rank(one) - rank(other)));
}

function wrongFamily({ server }: Target, family: Family): UsageError {
  return cannotRead(server, "a server", `an IPv${family} address or a name, for -${family} was given`);
}
