import type { DecisionLog } from "../guard/decision-log.ts";
import type { Decide } from "../guard/question.ts";
import type { OpenSession } from "../guard/session.ts";
import { standard } from "./standard-streams.ts";

/** Speaks a protocol on standard input and output; resolves when that has ended. Nothing else is written there: under Postfix' spawn(8) it is one socket with standard error. */
export async function speakOnStandardStreams(
  open: OpenSession,
  { decide, log }: { readonly decide: Decide; readonly log: DecisionLog },
): Promise<void> {
  const over = Promise.withResolvers<void>();
  const session = open({
    decide,
    write: (text) => void standard.output(text).catch(() => over.resolve()),
    ended(why) {
      if (why !== null) log.say("warn", { msg: `the client was left: ${why}` });
      over.resolve();
    },
  });
  process.on("SIGTERM", () => session.finished());
  const read = async () => {
    for await (const octets of Bun.stdin.stream()) session.heard(octets);
    session.finished();
  };
  await Promise.race([over.promise, read().then(() => over.promise)]);
}
