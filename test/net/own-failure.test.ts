import { afterEach, expect, mock, spyOn, test } from "bun:test";
import fs from "node:fs";
import { descriptorShortage, isOwnFailure } from "../../src/net/own-failure.ts";

afterEach(() => {
  mock.restore();
});

test.each([
  ["EMFILE", true],
  ["ENFILE", true],
  ["ENOMEM", true],
  ["ENOBUFS", true],
  ["EACCES", true],
  ["EPERM", true],
  ["EADDRNOTAVAIL", true],
  ["EAGAIN", true],
  ["ECONNREFUSED", false],
  ["ENETUNREACH", false],
  ["EHOSTUNREACH", false],
  ["ETIMEDOUT", false],
  ["ECONNRESET", false],
  ["ENOTFOUND", false],
  ["ESERVFAIL", false],
  ["", false],
])("isOwnFailure() of %j is %p", (code, expected) => {
  expect(isOwnFailure(code)).toBe(expected);
});

test("descriptorShortage() finds none when a descriptor can be had, and keeps none", () => {
  const close = spyOn(fs, "closeSync");
  expect(descriptorShortage()).toBeUndefined();
  expect(close).toHaveBeenCalledTimes(1);
});

test.each(["EMFILE", "ENFILE"])("descriptorShortage() says %s when the system does", (code) => {
  spyOn(fs, "openSync").mockImplementation(() => {
    throw Object.assign(new Error("no"), { code });
  });
  expect(descriptorShortage()).toBe(code);
});
