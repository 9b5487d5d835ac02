import { expect, test } from "bun:test";
import { renderTarget } from "../../src/report/render-target.ts";

test.each([
  ["mx.example.test", 25, "mx.example.test"],
  ["MX.example.test.", 2525, "MX.example.test.:2525"],
  ["192.0.2.1", 26, "192.0.2.1:26"],
  ["2001:db8::1", 25, "2001:db8::1"],
  ["2001:db8::1", 26, "[2001:db8::1]:26"],
  ["[2001:db8::1]", 26, "[2001:db8::1]:26"],
  ["mx\x1b[31m", 25, "mx\\x1b[31m"],
])("renderTarget() of %j on port %d is %s", (server, port, text) => {
  expect(renderTarget({ server, port })).toBe(text);
});
