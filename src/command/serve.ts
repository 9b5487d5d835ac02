import type { Brain } from "../guard/brain.ts";
import type { DecisionLog } from "../guard/decision-log.ts";
import type { ListenAddress } from "../guard/listen-address.ts";
import { Listening, type Mouth } from "../guard/listening.ts";
import { PolicySession } from "../guard/policy-session.ts";
import type { OpenSession } from "../guard/session.ts";
import type { GuardSettings } from "../guard/settings.ts";
import { SocketmapSession } from "../guard/socketmap-session.ts";
import { checkGuard, readGuardCommand } from "./guard-command.ts";
import { renderGuardHelp } from "./guard-help.ts";
import { SERVE_OPTIONS } from "./guard-options.ts";
import { ignoreEarlyReload, runGuard } from "./guard-run.ts";
import { standardErrorLines } from "./log-output.ts";
import { print } from "./print.ts";
import { speakOnStandardStreams } from "./standard-session.ts";
import { systemLogLines } from "./system-log.ts";

/** What is in flight when the guard is told to end may take so much longer than an answer may. */
const GRACE_MS = 1_000;

/** `smtpdcheck serve`: until it is told to end, or standard input ends. The exit status. */
export async function serve(argv: readonly string[], version: string): Promise<number> {
  ignoreEarlyReload();
  const command = readGuardCommand(argv, SERVE_OPTIONS);
  if (command.wants === "help") return print(await renderGuardHelp("serve", version), 0);
  const { settings } = command;
  await checkGuard(settings, true);
  if (command.wants === "check") return print("The configuration is all right.\n", 0);
  const isStdio = [...settings.policy, ...settings.socketmap].some(({ kind }) => kind === "stdio");
  const output = isStdio ? systemLogLines() : standardErrorLines();
  return runGuard(settings, command.reread, output, (brain, log) =>
    isStdio
      ? speakOnStandardStreams(stdioProtocol(settings), { decide: brain.decide, log }, "by-signal")
      : listen(settings, brain, log),
  );
}

/** Speaks its protocols at all addresses until it is told to end. */
async function listen(settings: GuardSettings, brain: Brain, log: DecisionLog): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => resolve());
  const listening = new Listening({ decide: brain.decide, log });
  try {
    for (const mouth of mouthsOf(settings))
      log.say("info", { msg: "listening", address: await listening.add(mouth), action: settings.action });
    await promise;
    log.say("info", { msg: "ending" });
  } finally {
    await listening.stop(settings.answerWithinMs + GRACE_MS);
  }
}

const openPolicy: OpenSession = (io) => new PolicySession(io);
const openSocketmap: OpenSession = (io) => new SocketmapSession(io);

function mouthsOf({ policy, socketmap }: GuardSettings): readonly Mouth[] {
  const at = (addresses: readonly ListenAddress[], open: OpenSession) =>
    addresses.flatMap((address) => (address.kind === "stdio" ? [] : [{ address, open }]));
  return [...at(policy, openPolicy), ...at(socketmap, openSocketmap)];
}

/** The protocol of standard input and output, where that is the only address. */
function stdioProtocol({ policy }: GuardSettings): OpenSession {
  return policy.length > 0 ? openPolicy : openSocketmap;
}
