import { median, type Row } from "./table.ts";
import type { Section } from "./workbench.ts";

const FEW = 2_000;
const MANY = 200_000;
const ROUNDS = 3;
/** How a list of refusing servers is asked about: words of growth-client.ts. */
const WAYS = {
  settled: "until all are settled",
  decided: "until the verdict",
  stop: "until the verdict, one `--stop`",
  all: "`--require all`",
} as const;

/** What a refusing server costs in a long list, against one in a short list, through the library. */
export const growthRows: Section = async ({ responder: { port } }) => {
  const rows: Row[] = [];
  for (const [way, what] of Object.entries(WAYS)) {
    const [few, many] = [[] as number[], [] as number[]];
    for (let round = 0; round < ROUNDS; round += 1) {
      few.push((await measure(way, FEW, port)).cpuUs);
      many.push((await measure(way, MANY, port)).cpuUs);
    }
    rows.push({
      what: `CPU a target, 200,000 that refuse, ${what}`,
      against: "2,000 of them",
      goal: { kind: "at-most", ratio: 1.2 },
      result: {
        kind: "measured",
        ratio: median(many) / median(few),
        runs: `${ROUNDS} × 1:1`,
        here: `${median(many).toFixed(1)} : ${median(few).toFixed(1)} µs`,
      },
    });
  }
  const kept = await measure("settled", MANY, port);
  rows.push({
    what: "memory a refusing target kept in the report",
    against: "1.2 KiB",
    goal: { kind: "at-most", ratio: 1 },
    result: {
      kind: "measured",
      ratio: kept.keptKib / 1.2,
      runs: "1",
      here: `${kept.keptKib.toFixed(2)} KiB`,
    },
  });
  return rows;
};

/** What one list cost: microseconds of CPU a target, and KiB that stay resident a target while the report is kept. */
export type Growth = { readonly cpuUs: number; readonly keptKib: number };

async function measure(way: string, count: number, port: number): Promise<Growth> {
  const script = new URL("./growth-client.ts", import.meta.url).pathname;
  const child = Bun.spawn([process.execPath, script, way, `${count}`, `${port}`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  return JSON.parse(await child.stdout.text());
}
