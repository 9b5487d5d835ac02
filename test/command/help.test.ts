import { expect, test } from "bun:test";
import { version } from "../../package.json";
import { renderHelp } from "../../src/command/help.ts";
import { HELP_PAGE } from "../../src/command/help-page.ts";
import { OPTION_TEXTS } from "../../src/command/option-texts.ts";
import { OPTIONS, type OptionName } from "../../src/command/options.ts";

const indented = (line: string) => line.length - line.trimStart().length;

test.each([79, 45, 36])(
  "renderHelp() in %d columns lists every option, what it does and wants",
  async (columns) => {
    const help = await renderHelp(HELP_PAGE, version, columns);
    const joined = help
      .replace(/\|\n {6,}/g, "|")
      .replace(/\n {6,}/g, " ")
      .replace(/ {2,}/g, " ");
    for (const [name, option] of Object.entries(OPTIONS)) {
      const alias = "alias" in option ? `-${option.alias}, ` : "";
      expect(joined).toContain(
        `\n ${alias}--${name}${wantedBy(option)} ${OPTION_TEXTS[name as OptionName]}\n`,
      );
    }
  },
);

test("renderHelp() is aligned to the left, in lines of at most 79 columns, or as the terminal has them", async () => {
  for (const [given, most] of [
    [undefined, 79],
    [0, 79],
    [200, 79],
    [60, 60],
    [40, 40],
    [20, 20],
  ] as const) {
    const lines = (await renderHelp(HELP_PAGE, version, given)).split("\n");
    for (const line of lines) expect(Bun.stringWidth(line)).toBeLessThanOrEqual(most);
  }
  const lines = (await renderHelp(HELP_PAGE, version)).split("\n");
  expect(new Set(lines.filter((line) => line.trimStart().startsWith("-")).map(indented))).toEqual(
    new Set([2]),
  );
  expect(lines).toContain("  --stop=<HOST>             Stop before the server that is HOST (repeatable)");
  expect(lines).toContain("  --format=<text|table|json|nagios>");
});

function wantedBy(option: object): string {
  if ("options" in option && Array.isArray(option.options)) return `=<${option.options.join("|")}>`;
  return "valueHint" in option ? `=<${option.valueHint}>` : "";
}

test("renderHelp() names the program, its version and its exit statuses, without colour", async () => {
  const help = await renderHelp(HELP_PAGE, version);
  expect(help).toContain("smtpdcheck");
  expect(help).toContain(version);
  expect(help).toMatch(/\n {2}0 {2}.*\n {2}1 {2}.*\n {2}2 {2}.*\n/);
  expect(help).toMatch(/^[\n\x20-\x7e]*$/);
});
