import { expect, test } from "bun:test";
import { parseNameServer } from "../../src/names/channels.ts";
import { UsageError } from "../../src/text/errors.ts";

test.each([
  ["192.0.2.53", "192.0.2.53:53"],
  ["192.0.2.53:5353", "192.0.2.53:5353"],
  ["192.0.2.53:053", "192.0.2.53:53"],
  ["2001:db8::53", "[2001:db8::53]:53"],
  ["2001:DB8:0::53", "[2001:db8::53]:53"],
  ["[2001:db8::53]", "[2001:db8::53]:53"],
  ["[2001:db8::53]:5353", "[2001:db8::53]:5353"],
  ["::", "[::]:53"],
  ["::1", "[::1]:53"],
  ["[::ffff:192.0.2.53]:5353", "192.0.2.53:5353"],
  ["fe80::53%eth0", "fe80::53%eth0"],
  ["[fe80::53%eth0]", "fe80::53%eth0"],
  ["[fe80::53%eth0]:53", "fe80::53%eth0"],
])("parseNameServer() reads %s", (text, server) => {
  expect(parseNameServer(text)).toBe(server);
});

const WANT = "an address, such as 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:5353";

test.each([
  ["ns.test", `Cannot read "ns.test" as a name server: want ${WANT}`],
  ["ns.test:53", `Cannot read "ns.test:53" as a name server: want ${WANT}`],
  ["", `Cannot read "" as a name server: want ${WANT}`],
  ["[]", `Cannot read "[]" as a name server: want ${WANT}`],
  ["127.1", `Cannot read "127.1" as a name server: want ${WANT}`],
  ["[192.0.2.53]", `Cannot read "[192.0.2.53]" as a name server: want ${WANT}`],
  ["192.0.2.53:", `Cannot read "192.0.2.53:" as a name server: want ${WANT}`],
  ["192.0.2.53,192.0.2.54", `Cannot read "192.0.2.53,192.0.2.54" as a name server: want ${WANT}`],
  ["2001:db8::53:5353:x", `Cannot read "2001:db8::53:5353:x" as a name server: want ${WANT}`],
  ["\x1b[31m", `Cannot read "\\x1b[31m" as a name server: want ${WANT}`],
  ["192.0.2.53:0", 'Cannot read "0" as a port: want 1 to 65535'],
  ["[::1]:65536", 'Cannot read "65536" as a port: too large, want 1 to 65535'],
  [
    "[fe80::53%eth0]:5353",
    'Cannot read "[fe80::53%eth0]:5353" as a name server: want port 53, the only one for an address with a zone',
  ],
])("parseNameServer() throws for %j", (text, message) => {
  expect(() => parseNameServer(text)).toThrow(new UsageError(message));
});
