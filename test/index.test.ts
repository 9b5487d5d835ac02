import { expect, test } from "bun:test";
import * as library from "../index.ts";
import { check } from "../src/check.ts";
import { StopHostError } from "../src/stop-hosts.ts";
import { UsageError } from "../src/usage-error.ts";

test("index.ts exports check(), its errors, and nothing else that runs", () => {
  expect<object>({ ...library }).toEqual({ check, StopHostError, UsageError });
});

test("index.ts does not run the command when it is imported", () => {
  expect(process.listeners("uncaughtException").some((handler) => `${handler}`.includes("EXIT_ERROR"))).toBe(
    false,
  );
});
