import { describe, expect, test } from "bun:test";
import { parseMasterCf } from "../../../src/guard/doctor/master-services.ts";
import { UsageError } from "../../../src/text/errors.ts";

describe("parseMasterCf() reads", () => {
  test.each<[string, string, Record<string, string>]>([
    ["postconf -M", "s inet n - y - 7 smtpd -o a=b -o {c=d, e} -o f=", { a: "b", c: "d, e", f: "" }],
    [
      "master.cf",
      "# x\ns inet n - y - 7 smtpd\n  -o a=b\n  -o { c = d, e }\n  -of=",
      { a: "b", c: "d, e", f: "" },
    ],
    ["other words", "s inet n - y - 7 smtpd -v -o", {}],
  ])("what %s says", (_, text, overrides) => {
    const [service, ...others] = parseMasterCf(text);
    expect(others).toEqual([]);
    expect(service).toMatchObject({ name: "s", type: "inet", chroot: "y", processes: "7", command: "smtpd" });
    expect(Object.fromEntries(service?.overrides ?? [])).toEqual(overrides);
  });
});

test("parseMasterCf() throws a UsageError for what is no service", () => {
  expect(() => parseMasterCf("a = b")).toThrow(UsageError);
});
