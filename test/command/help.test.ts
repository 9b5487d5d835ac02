import { expect, test } from "bun:test";
import { version } from "../../package.json";
import { renderHelp } from "../../src/command/help.ts";
import { OPTIONS } from "../../src/command/options.ts";

test("renderHelp() lists every option, what it does and the value it wants", async () => {
  const help = await renderHelp(OPTIONS, version);
  for (const [name, option] of Object.entries(OPTIONS)) {
    const row = help.split("\n").find((line) => line.includes(option.description));
    expect(row).toContain(`--${name}${wantedBy(option)}`);
    if ("alias" in option) expect(row).toContain(`-${option.alias}`);
  }
});

function wantedBy(option: object): string {
  if ("options" in option && Array.isArray(option.options)) return `=<${option.options.join("|")}>`;
  return "valueHint" in option ? `=<${option.valueHint}>` : "";
}

test("renderHelp() names the program, its version and its exit statuses, without colour", async () => {
  const help = await renderHelp(OPTIONS, version);
  expect(help).toContain("smtpdcheck");
  expect(help).toContain(version);
  expect(help).toMatch(/\n {2}0 {2}.*\n {2}1 {2}.*\n {2}2 {2}.*\n/);
  expect(help).toMatch(/^[\n\x20-\x7e]*$/);
});
