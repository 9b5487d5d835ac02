import type { DecisionLog } from "../guard/decision-log.ts";
import type { Decide } from "../guard/question.ts";
import type { OpenSession } from "../guard/session.ts";
import { standard } from "./standard-streams.ts";

/** How long whoever reads the last answers may take. */
const UNREAD_MS = 1_000;

/**
 * Speaks a protocol on standard input and output; resolves when that has ended. Nothing else is written there: under
 * Postfix' spawn(8) it is one socket with standard error. No more is read while what was said has not been taken.
 * A signal ends it in order, or does nothing where its end would be another's.
 */
export async function speakOnStandardStreams(
  open: OpenSession,
  { decide, log }: { readonly decide: Decide; readonly log: DecisionLog },
  ending: "by-signal" | "by-input",
): Promise<void> {
  const over = Promise.withResolvers<void>();
  let said = Promise.resolve();
  const session = open({
    decide,
    write(text) {
      said = said.then(() => standard.output(text)).catch(() => over.resolve());
    },
    ended(why) {
      if (why !== null) log.say("warn", { msg: `the client was left: ${why}` });
      said.then(() => over.resolve());
      setTimeout(() => over.resolve(), UNREAD_MS).unref();
    },
  });
  const finish = () => {
    if (ending === "by-signal") session.finished();
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, finish);
  const read = async () => {
    for await (const octets of Bun.stdin.stream()) {
      session.heard(octets);
      await said;
    }
  };
  // A connection that is reset has ended too.
  const isRead = read().catch(() => {});
  await Promise.race([over.promise, isRead.then(() => session.finished()).then(() => over.promise)]);
}
