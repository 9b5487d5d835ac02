import { cacheRows, emptyProgramRows, manyServerRows } from "./command-starts.ts";
import { guardFirstRows, guardRateRows } from "./guard.ts";
import { guardConnectionRows, guardMemoryRows } from "./guard-long-run.ts";
import { cpuRows, memoryRows } from "./library-costs.ts";
import { otherToolRows } from "./other-tools.ts";
import { startTlsRows } from "./starttls.ts";
import { markdownTable, type Row } from "./table.ts";
import { throughputRows } from "./throughput.ts";
import { type Section, withWorkbench } from "./workbench.ts";

/** The table, section by section: a further row is a further function here. */
const SECTIONS: readonly Section[] = [
  emptyProgramRows,
  cacheRows,
  otherToolRows,
  manyServerRows,
  throughputRows,
  startTlsRows,
  cpuRows,
  memoryRows,
  guardRateRows,
  guardFirstRows,
  guardConnectionRows,
  guardMemoryRows,
];

/** Words of the command line choose those sections whose name holds one of them. */
const wanted = Bun.argv.slice(2);
const chosen = SECTIONS.filter(
  ({ name }) => wanted.length === 0 || wanted.some((word) => name.toLowerCase().includes(word)),
);

let failures = 0;
await withWorkbench(async (workbench) => {
  const { stopwatch, responder } = workbench;
  if (stopwatch.name !== "hyperfine") say(`hyperfine is missing: timing with ${stopwatch.name}`);
  if (responder.kind !== "C") say("cc is missing: no C client to compare with, and a slower server");

  const rows: Row[] = [];
  for (const section of chosen) {
    say(`measuring ${section.name} …`);
    try {
      rows.push(...(await section(workbench)));
    } catch (error) {
      say(`${section.name} could not be measured: ${error instanceof Error ? error.message : error}`);
      failures++;
    }
  }
  console.log(markdownTable(rows));
  console.log(`
A ratio is the median over rounds, each of which measures both sides in turn; runs are rounds × runs of either side in a round.
Whole processes are timed with ${stopwatch.name}. Milliseconds depend on the machine; only ratios count.`);
});
process.exit(failures === 0 ? 0 : 1);

function say(message: string): void {
  console.error(`bench: ${message}`);
}
