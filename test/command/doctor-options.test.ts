import { describe, expect, test } from "bun:test";
import { readArguments } from "../../src/command/arguments.ts";
import { DOCTOR_OPTIONS, readDoctorTask } from "../../src/command/doctor-options.ts";
import { UsageError } from "../../src/text/errors.ts";

const read = (line: string) => readDoctorTask(readArguments(line.split(" "), DOCTOR_OPTIONS));
const USUAL = {
  files: null,
  policy: null,
  answerWithinSeconds: 5,
  domains: [],
  stop: [],
  dns: [],
  port: 25,
};

describe("readDoctorTask() reads", () => {
  test.each([
    ["--postfix", {}],
    ["--postfix --main-cf a --master-cf -", { files: { mainCf: "a", masterCf: "-" } }],
    ["--postfix --policy unix:x", { policy: "unix:x" }],
    ["--postfix --answer-within 2.5", { answerWithinSeconds: 2.5 }],
    ["--postfix --domain B.test --domain a.test --domain b.test", { domains: ["b.test", "a.test"] }],
    ["--postfix --stop MX2.test --stop 192.0.2.1", { stop: ["mx2.test", "192.0.2.1"] }],
    ["--postfix --dns 127.0.0.1:53 -p 2525", { dns: ["127.0.0.1:53"], port: 2525 }],
  ])("%s", (line, given) => {
    expect(read(line)).toEqual({ ...USUAL, ...given });
  });
});

describe("readDoctorTask() throws a UsageError for", () => {
  test.each([
    ["-p 25", "No mail server given: want smtpdcheck doctor --postfix"],
    ["--postfix exim", 'Cannot read "exim" as an option: want options alone behind doctor'],
    [
      "--postfix --main-cf a",
      "Cannot use --main-cf or --master-cf alone: want both, or none to run postconf",
    ],
    [
      "--postfix --main-cf - --master-cf -",
      "Cannot read --main-cf and --master-cf from standard input: want one of them",
    ],
    [
      "--postfix --domain 192.0.2.1",
      'Cannot read "192.0.2.1" as a mail domain: it is an address, want a domain name, such as example.org',
    ],
    ["--postfix --answer-within x", 'Cannot read "x" as a time to answer: want seconds, such as 2.5'],
    ["--postfix -p 0", 'Cannot read "0" as a port: want 1 to 65535'],
  ])("%s", (line, message) => {
    expect(() => read(line)).toThrow(new UsageError(message));
  });
});
