import { expect, test } from "bun:test";
import { join } from "node:path";
import { FILTER_OPTIONS } from "../src/command/guard-options.ts";
import type { OptionForm } from "../src/command/options.ts";
import { FilterSession } from "../src/guard/filter-session.ts";

const file = join(import.meta.dir, "../man/smtpdcheck-filter.8");
const man = await Bun.file(file).text();
const mandoc = Bun.which("mandoc");

test.skipIf(mandoc === null && process.env["CI"] !== "true")(
  "smtpdcheck-filter.8 passes mandoc's lint (skipped without mandoc, except in CI)",
  () => {
    const ran = Bun.spawnSync(["mandoc", "-T", "lint", file]);
    expect([ran.exitCode, ran.stdout.toString()]).toEqual([0, ""]);
  },
);

test("smtpdcheck-filter.8 has no line of more than 80 columns", () => {
  expect(man.split("\n").filter((line) => line.length > 80)).toEqual([]);
});

test("smtpdcheck-filter.8 has the options that there are in its synopsis", () => {
  const [, synopsis = ""] = /^\.Sh SYNOPSIS\n([\s\S]*?)^\.Sh/m.exec(man) ?? [];
  const shown = [...synopsis.matchAll(/^\.Op Fl (?:-([\w-]+)|(\w))/gm)].map(
    ([, long, short]) => long ?? short,
  );
  const wanted = Object.entries(FILTER_OPTIONS).map(
    ([name, { alias = name }]: [string, OptionForm]) => alias,
  );
  expect(shown).toEqual(wanted.filter((name) => name !== "h"));
});

test("smtpdcheck-filter.8 shows a dialogue as it is", () => {
  const [lines = ""] = /^report\|.*\nfilter\|.*\n/m.exec(man) ?? [];
  const [, answer = ""] = /^(filter-result\|.*\n)/m.exec(man) ?? [];
  let said = "";
  const session = new FilterSession({
    decide: (_, decided) =>
      decided({
        kind: "defer",
        action: "defer-if-permit",
        server: "mx1.example.org",
        text: "Please use mx1.example.org",
      }),
    write(text) {
      said += text;
    },
    ended() {},
  });
  session.heard(Buffer.from(lines));
  expect(said).toBe(answer);
});
