import { describe, expect, test } from "bun:test";
import { type FilterLine, parseFilterLine } from "../../src/guard/filter-line.ts";

const ends = { isLocal: false, clientName: null, clientAddress: null, ownAddress: null };
const report = (event: string, rest: string, version = "0.7") =>
  `report|${version}|1795398678.195378|smtp-in|${event}|1640fa86223f5069|${rest}`;
const session = "1640fa86223f5069";

describe("parseFilterLine reads", () => {
  test.each<[string, FilterLine]>([
    ["config|ready", { kind: "config", key: "ready", value: "" }],
    ["config|subsystem|smtp-in", { kind: "config", key: "subsystem", value: "smtp-in" }],
    ["config|admd|a|b", { kind: "config", key: "admd", value: "a|b" }],
    [
      "filter|0.6|1795398678.196400|smtp-in|rcpt-to|1640fa86223f5069|195da1ceb7a6713e|a|b@example.test",
      {
        kind: "request",
        reference: "1640fa86223f5069|195da1ceb7a6713e",
        session,
        phase: "rcpt-to",
        parameter: "a|b@example.test",
      },
    ],
    [
      "filter|0.4|1.2|smtp-in|rcpt-to|195da1ceb7a6713e|1640fa86223f5069|a@example.test",
      {
        kind: "request",
        reference: "195da1ceb7a6713e|1640fa86223f5069",
        session,
        phase: "rcpt-to",
        parameter: "a@example.test",
      },
    ],
    [
      "filter|0.7|1.2|smtp-in|data|1640fa86223f5069|1",
      { kind: "request", reference: "1640fa86223f5069|1", session, phase: "data", parameter: "" },
    ],
    [
      report("link-connect", "client.test|pass|198.51.100.10:45803|198.51.100.3:25"),
      {
        kind: "connected",
        session,
        ends: {
          ...ends,
          clientName: "client.test",
          clientAddress: "198.51.100.10",
          ownAddress: "198.51.100.3",
        },
      },
    ],
    [
      report("link-connect", "client.test|fail|[2001:db8::a]:45803|[2001:db8::3]:25"),
      {
        kind: "connected",
        session,
        ends: { ...ends, clientAddress: "2001:db8::a", ownAddress: "2001:db8::3" },
      },
    ],
    [
      report("link-connect", "|pass|2001:db8::a:45803|2001:db8::3:25"),
      {
        kind: "connected",
        session,
        ends: { ...ends, clientAddress: "2001:db8::a", ownAddress: "2001:db8::3" },
      },
    ],
    [
      report("link-connect", "vm|pass|unix:/var/run/smtpd.sock|unix:/var/run/smtpd.sock"),
      { kind: "connected", session, ends: { ...ends, isLocal: true, clientName: "vm" } },
    ],
    [report("link-connect", "<unknown>|error|nonsense"), { kind: "connected", session, ends }],
    [report("link-connect", "|pass|[]:1|:25"), { kind: "connected", session, ends: { ...ends } }],
    [report("link-auth", "pass|a|b"), { kind: "authenticated", session }],
    [report("link-auth", "user|pass", "0.6"), { kind: "authenticated", session }],
    [
      report("tx-mail", "1a|ok|a|b@example.test"),
      { kind: "transaction", session, sender: "a|b@example.test" },
    ],
    [report("tx-mail", "1a|ok|"), { kind: "transaction", session, sender: "" }],
    [
      report("tx-mail", "1a|a@example.test|ok", "0.5"),
      { kind: "transaction", session, sender: "a@example.test" },
    ],
    [report("tx-mail", "1a|permfail|a@example.test"), { kind: "transaction", session, sender: null }],
    [report("tx-mail", ""), { kind: "transaction", session, sender: null }],
    [report("tx-reset", "1a"), { kind: "transaction", session, sender: null }],
    ["report|0.7|1.2|smtp-in|link-disconnect|1640fa86223f5069", { kind: "disconnected", session }],
  ])("%j", (line, wanted) => {
    expect(parseFilterLine(line)).toEqual(wanted);
  });

  test.each([
    "",
    "|",
    "filter",
    "filter||||||",
    "filter|0.7|1.2|smtp-in|rcpt-to|1640fa86223f5069",
    "filter|0.7|1.2|smtp-in|rcpt-to|16 40|1|a@example.test",
    "filter|0.7|1.2|smtp-in|rcpt-to|1640\r|1|a@example.test",
    `filter|0.7|1.2|smtp-in|rcpt-to|${"a".repeat(65)}|1|a@example.test`,
    "report",
    "report|0.7|1.2|smtp-out|link-disconnect|1640fa86223f5069",
    report("link-identify", "EHLO|client.test"),
    report("link-auth", "fail|pass"),
    report("link-auth", "pass|fail", "0.6"),
    report("link-auth", ""),
    "report|0.7|1.2|stats|snapshot-begin",
    "\0\xff",
  ])("nothing in %j", (line) => {
    expect(parseFilterLine(line)).toBeUndefined();
  });
});
