import { expect, test } from "bun:test";
import { error, mergeFindings, ok, renderFinding, warning } from "../../../src/guard/doctor/finding.ts";

test("renderFinding() writes one clean line, its level first", () => {
  expect([ok("a"), warning("b\nc"), error("\x1b[31md")].map(renderFinding)).toEqual([
    "ok: a",
    "warning: b\\nc",
    "error: \\x1b[31md",
  ]);
});

test("mergeFindings() says once what holds everywhere, and names services where it does not", () => {
  const byService = new Map([
    ["smtp inet", [ok("a"), error("b"), error("b")]],
    ["submission inet", [ok("a"), warning("c")]],
  ]);
  expect(mergeFindings(byService, [...byService.keys()])).toEqual([
    ok("a"),
    error("b (smtp inet in master.cf)"),
    warning("c (submission inet in master.cf)"),
  ]);
});
