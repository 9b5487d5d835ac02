import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseTargets } from "../../src/text/target.ts";
import { hostFault, targetFault } from "../../src/text/target-fault.ts";

test.each([
  ["", "no host"],
  ["mx..test", "a label is empty"],
  ["-mx.test", 'the label "-mx" begins with a hyphen'],
  ["mx.test-", 'the label "test-" ends with a hyphen'],
  ["mx!.test", '"!" cannot stand in a name'],
  [`${"a".repeat(64)}.test`, "a label has 64 characters and may have 63"],
  [`${"ü".repeat(70)}.test`, "a label has 76 characters and may have 63"],
  [`${"a.".repeat(126)}bb`, "the name has 254 characters and may have 253"],
  ["a".repeat(1_025), "too long"],
  ["192.0.2.256", "the octet 256 is larger than 255"],
  ["192.0.2", "an IPv4 address has 4 octets, not 3"],
  ["192..2.1", "an octet is empty"],
  ["192.0.02.1", "the octet 02 begins with a zero"],
  ["192.0.2.1.", "a name cannot end in a number"],
  ["mx.123", "a name cannot end in a number"],
  ["[192.0.2.256]", "the octet 256 is larger than 255"],
  ["[2001:db8::g]", '"2001:db8::g" is no address'],
  ["[2001:db8::1", "a bracket is not closed"],
])("hostFault() of %s is: %s", (host, fault) => {
  expect(hostFault(host)).toBe(fault);
});

test.each([
  ["10:", "no host"],
  ["mx.test:", "no port behind the colon"],
  ["mx.test:smtp", '"smtp" is no port'],
  ["ten:mx.test", '"ten" is no preference'],
  ["ten:mx.test:25", '"ten" is no preference'],
  ["10:mx.test:smtp", '"smtp" is no port'],
  ["10:mx..test:25", "a label is empty"],
  ["mx-.test:25", 'the label "mx-" ends with a hyphen'],
  ["[::1]:smtp", '"smtp" is no port'],
  ["[::1]25", '"25" behind the bracket'],
  ["10:[192.0.2.256]:25", "the octet 256 is larger than 255"],
  ["smtp://mx.test", "it is a URL"],
])("targetFault() of %s is: %s", (item, fault) => {
  expect(targetFault(item)).toBe(fault);
});

test("targetFault() finds something wrong with nearly all that cannot be read, and throws for nothing", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(..."a1.:-[]!"), minLength: 1, maxLength: 12 }), (item) => {
      const fault = targetFault(item);
      if (item.split(":").length > 3 || item.includes("[")) return;
      const isRead = !throws(() => parseTargets(item, 25));
      if (!isRead && !/:0+$|^\d{5,}:|:\d{5,}$/.test(item)) expect(fault).toBeString();
    }),
    { numRuns: 2_000 },
  );
});

function throws(call: () => unknown): boolean {
  try {
    call();
    return false;
  } catch {
    return true;
  }
}
