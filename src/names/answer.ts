import { inTurn } from "../limits/in-turn.ts";
import { descriptorShortage, isOwnFailure } from "../net/own-failure.ts";
import { codeOf } from "../text/errors.ts";

/** What came of one question: records, that there are none, or nothing certain. */
export type Answer<T> =
  | { readonly kind: "found"; readonly records: readonly T[] }
  | { readonly kind: "none" }
  | Failure;

/** The same, or the name that is to be asked for instead (a CNAME). */
export type AnswerOrAlias<T> = Answer<T> | { readonly kind: "alias"; readonly of: string };

/** A question that was not answered; `isOwn` when this machine is to blame. */
export interface Failure {
  readonly kind: "failed";
  readonly cause: string;
  readonly isOwn: boolean;
}

/** How long a name server is waited for before the next one is asked too. */
export const NEXT_SERVER_MS = 500;

const TIMED_OUT = "timed out";
/** No name server could be spoken to: this machine's network or its configuration is to blame, not the name. */
export const NO_NAME_SERVER = "no connection to a name server";

/** The response codes of RFC 1035 §4.1.1 by their names, and what else c-ares says, in words. */
const CAUSES: Readonly<Record<string, string>> = {
  EFORMERR: "FORMERR",
  ESERVFAIL: "SERVFAIL",
  ENOTIMP: "NOTIMP",
  EREFUSED: "REFUSED",
  EBADRESP: "malformed answer",
  ETIMEOUT: TIMED_OUT,
  ECONNREFUSED: NO_NAME_SERVER,
};

/** What c-ares says, in the words of the field. */
export function inWords(code: string): string {
  return CAUSES[code] ?? code;
}

/**
 * Puts what c-ares says into our words. NXDOMAIN and NODATA are the same to it; no records, but no error either, are
 * a CNAME that it keeps to itself.
 */
export async function answerOf<T>(asked: Promise<readonly T[]>): Promise<Answer<T>> {
  try {
    return { kind: "found", records: await asked };
  } catch (error) {
    const shortage = descriptorShortage();
    if (shortage !== undefined) return failure(shortage, true);
    const code = codeOf(error) ?? "unknown";
    if (code === "ENOTFOUND" || code === "ENODATA") return { kind: "none" };
    const cause = inWords(code);
    return failure(cause, isOwnFailure(code) || cause === NO_NAME_SERVER);
  }
}

/** A question that was not answered. */
export function failure(cause: string, isOwn = false): Failure {
  return { kind: "failed", cause, isOwn };
}

/**
 * Asks servers in turn, the next one {@link NEXT_SERVER_MS} after the last or at once when one fails; the first to
 * answer wins, a slow one too, and of failures the most telling is kept. Bun 1.4.5 asks no other server after a
 * SERVFAIL or a REFUSED, so this is not left to c-ares.
 */
export function askInTurn<S, T>(
  servers: readonly S[],
  ask: (server: S) => Promise<AnswerOrAlias<T>>,
  asker: { readonly hasLeft: boolean },
): Promise<AnswerOrAlias<T>> {
  const [only, ...others] = servers;
  if (only !== undefined && others.length === 0) return ask(only);
  const rest = [...servers];
  return new Promise((resolve) =>
    inTurn<S, AnswerOrAlias<T>>({
      next: () => rest.shift(),
      mayGrow: () => false,
      staggerMs: NEXT_SERVER_MS,
      goesOn: () => !asker.hasLeft,
      isGood: ({ kind }) => kind !== "failed",
      rank: (answer) => (answer.kind === "failed" ? rank(answer) : 0),
      start(server, begun, settled) {
        begun();
        ask(server).then(settled);
      },
      over: (decisive) => resolve(decisive ?? failure(NO_NAME_SERVER, true)),
    }),
  );
}

/** This machine's own failure outweighs any other; silence tells little, and that one of the servers cannot be spoken to least. */
function rank({ cause, isOwn }: Failure): number {
  if (cause === NO_NAME_SERVER) return 3;
  if (isOwn) return 0;
  return cause === TIMED_OUT ? 2 : 1;
}
