import { expect, test } from "bun:test";
import { OPTIONS } from "../src/options.ts";

test("OPTIONS are those of the manual page", () => {
  expect(
    Object.entries(OPTIONS).map(([name, option]) => ("alias" in option ? `${name} ${option.alias}` : name)),
  ).toEqual([
    "stop",
    "stop-self",
    "timeout",
    "port p",
    "ipv4 4",
    "ipv6 6",
    "fastest",
    "verbose v",
    "help h",
    "version",
  ]);
});

test("OPTIONS that take a value say what it is", () => {
  for (const option of Object.values(OPTIONS)) expect("valueHint" in option).toBe(option.type === "string");
});
