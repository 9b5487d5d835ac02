import { startBlackhole } from "./servers.ts";
import { median } from "./table.ts";
import { compare, milliseconds, sideBySide } from "./timing.ts";
import type { Section } from "./workbench.ts";

const WHAT = "20 servers, 19 of which swallow packets, the last up, `--timeout 1`";
const DEAD_SERVERS = 19;
const TIMEOUT_MS = 1_000;
const ROUNDS = 7;
const RUNS = 20;

/** Many dead servers in front of one that is up: in list order against one timeout, and with `--fastest` against one server up. */
export const manyServerRows: Section = async ({ stopwatch, oneServerUp, responder, smtpdcheck }) => {
  const blackhole = await startBlackhole();
  try {
    const dead = Array.from({ length: DEAD_SERVERS }, (_, i) => `127.2.0.${i + 1}:${blackhole.port}`);
    const servers = ["--timeout", `${TIMEOUT_MS / 1_000}`, ...dead, `127.0.0.1:${responder.port}`];
    const [inListOrder, fastest, oneServer] = await sideBySide(
      stopwatch,
      [
        { command: smtpdcheck(...servers), runs: 1 },
        { command: smtpdcheck("--fastest", ...servers), runs: RUNS },
        { command: oneServerUp, runs: RUNS },
      ],
      ROUNDS,
    );
    const ratio = median(inListOrder.mediansMs) / TIMEOUT_MS;
    if (ratio < 1)
      throw new Error("The dead servers did not swallow packets: the answer came before the timeout");
    return [
      {
        what: WHAT,
        against: "one timeout",
        goal: { kind: "at-most", ratio: 1.15 },
        result: {
          kind: "measured",
          ratio,
          runs: `${ROUNDS} × 1`,
          here: `${milliseconds(inListOrder)} : ${TIMEOUT_MS} ms`,
        },
      },
      {
        what: "the same with `--fastest`",
        against: "one server up",
        goal: { kind: "at-most", ratio: 1.5 },
        result: compare(fastest, oneServer),
      },
    ];
  } finally {
    await blackhole.stop();
  }
};
