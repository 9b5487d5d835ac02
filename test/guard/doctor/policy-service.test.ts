import { describe, expect, test } from "bun:test";
import { isSetting, parsePolicyService, parseTime } from "../../../src/guard/doctor/policy-service.ts";

test("parseTime() reads times as Postfix does", () => {
  expect(["20s", "2m", "1h", "1d", "1w", "100", "0", "1.5s", "20 s", "s", "", "5ms"].map(parseTime)).toEqual([
    20,
    120,
    3600,
    86_400,
    604_800,
    100,
    0,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test("isSetting() knows the settings of a policy service", () => {
  expect(["timeout=3s", "default_action=", "timeout", "reject", "x=y"].map(isSetting)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});

describe("parsePolicyService() reads the address", () => {
  test.each<[string, object | null]>([
    ["unix:a/b.sock", { kind: "unix", path: "a/b.sock" }],
    ["local:/a", { kind: "unix", path: "/a" }],
    ["inet:127.0.0.1:10040", { kind: "inet", host: "127.0.0.1", port: "10040" }],
    ["inet:[::1]:10040", { kind: "inet", host: "::1", port: "10040" }],
    ["inet:10040", { kind: "inet", host: "localhost", port: "10040" }],
    ["inet::10040", { kind: "inet", host: "localhost", port: "10040" }],
    ["/run/a.sock", null],
    ["", null],
  ])("%s", (address, endpoint) => {
    const service = parsePolicyService(address);
    expect(service.endpoint as unknown).toEqual(endpoint);
    expect(service.faults).toHaveLength(endpoint === null ? 1 : 0);
  });
});

describe("parsePolicyService() reads settings", () => {
  test.each<[string, Record<string, string>]>([
    ["{ unix:a, timeout=20s, default_action=DUNNO }", { timeout: "20s", default_action: "DUNNO" }],
    ["{unix:a timeout=20s}", { timeout: "20s" }],
    [
      "{ unix:a, { default_action = 451 4.3.5 later }, {try_limit=2} }",
      { default_action: "451 4.3.5 later", try_limit: "2" },
    ],
    ["{ unix:a, policy_context= }", { policy_context: "" }],
    ["{ unix:a, request_limit=0 }", { request_limit: "0" }],
    ["{ unix:a }", {}],
  ])("%s", (word, settings) => {
    const service = parsePolicyService(word);
    expect(Object.fromEntries(service.settings)).toEqual(settings);
    expect(service).toMatchObject({ address: "unix:a", faults: [] });
  });
});

describe("parsePolicyService() finds what Postfix cannot read", () => {
  test.each([
    ["{ unix:a, timeout = 20s }", 'there are blanks around = in "timeout = 20s": write timeout=20s'],
    [
      "{ unix:a, timeout= 20s, try_limit=2 }",
      'there are blanks around = in "timeout= 20s": write timeout=20s',
    ],
    ["{ unix:a, timeout =20s }", 'there are blanks around = in "timeout =20s": write timeout=20s'],
    [
      "{ unix:a, timeout }",
      '"timeout" is no setting: write name=value, or {name=value} for a value with blanks',
    ],
    ["{ unix:a, timeout=0 }", '"0" is no time: write timeout=20s'],
    ["{ unix:a, try_limit=0 }", '"0" is no number that try_limit takes: write try_limit=2'],
    ["{ unix:a, timeout=soon }", '"soon" is no time: write timeout=20s'],
    ["{ unix:a, try_limit=two }", '"two" is no number that try_limit takes: write try_limit=2'],
    [
      "{ unix:a, default-action=DUNNO }",
      'there is no setting "default-action": there are default_action, max_idle, max_ttl, policy_context, request_limit, retry_delay, timeout, try_limit',
    ],
    ["{ unix:a, timeout=20s", 'the braces of "{ unix:a, timeout=20s" are not closed: write a } behind it'],
  ])("%s", (word, fault) => {
    expect(parsePolicyService(word).faults).toEqual([fault]);
  });
});
