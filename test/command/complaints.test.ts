import { afterEach, beforeEach, describe, expect, mock, spyOn, test } from "bun:test";
import { type Command, readCommand } from "../../src/command/command.ts";
import { complain, explainFailure, messageOf, tell, tellMissingStop } from "../../src/command/complaints.ts";
import { standard } from "../../src/command/standard-streams.ts";
import { UsageError } from "../../src/text/errors.ts";
import { greeted, reportOn, settled, target } from "../report/samples.ts";

let said = "";

beforeEach(() => {
  said = "";
  spyOn(standard, "isTerminal").mockReturnValue(false);
  spyOn(standard, "error").mockImplementation((text) => {
    said += text;
  });
});
afterEach(() => mock.restore());

function command(...words: readonly string[]): Command {
  return readCommand([...words, "a.test"], {});
}

const [UP, DOWN, STOP] = [
  greeted(target("up.test")),
  settled(target("down.test", { port: 2525 }), { kind: "refused" }),
  settled(target("stop.test"), { kind: "skipped", why: "stop-host" }),
];

describe("explainFailure()", () => {
  test("names each server that is to blame, with its port unless it is the usual one", () => {
    explainFailure(reportOn([UP, DOWN], "all"), command("--require=all"));
    expect(said).toMatch(
      /^smtpdcheck: down\.test:2525: unavailable: 192\.0\.2\.1 refused the connection .*\n$/,
    );
    said = "";
    explainFailure(reportOn([UP, DOWN], "all"), command("--require=all", "-p", "2525"));
    expect(said).toStartWith("smtpdcheck: down.test: unavailable: ");
  });

  test.each([
    ["when the classic requirement is not met", [UP], "none", []],
    ["when it is met", [UP], "any", ["--require=any"]],
    ["when each server has been told of", [DOWN], "any", ["--require=any", "-v"]],
  ] as const)("says nothing %s", (_, servers, requirement, words) => {
    explainFailure(reportOn(servers, requirement), command(...words));
    expect(said).toBe("");
  });

  test("says that no server counts, with -v too", () => {
    explainFailure(reportOn([STOP], "any"), command("--require=any", "-v"));
    expect(said).toBe("smtpdcheck: No server counts: stop.test: stop host\n");
  });
});

describe("tellMissingStop()", () => {
  const asked = command("--stop", "me.test", "-v");

  test.each([
    ["when one is there", [UP, STOP], 2, asked],
    ["before all are known", [UP], 2, asked],
    ["when none was given", [UP], 1, command("-v")],
  ] as const)("says nothing %s", (_, servers, listed, of) => {
    tellMissingStop(reportOn(servers), listed, of);
    expect(said).toBe("");
  });

  test("says that none is among the servers", () => {
    tellMissingStop(reportOn([UP]), 1, asked);
    expect(said).toBe("smtpdcheck: not in the list: --stop me.test; every server counts\n");
  });
});

test("tell() and complain() write one clean line each", () => {
  tell(DOWN, 25);
  complain("a\nb\u001b[31m");
  expect(said.split("\n").length).toBe(3);
  expect(said).toMatch(/^(?:\P{Cc}|\n)+$/u);
});

test("messageOf() tells our own errors as they are, and of others their kind", () => {
  expect([messageOf(new UsageError("mine")), messageOf(new TypeError("theirs")), messageOf("odd")]).toEqual([
    "mine",
    "TypeError: theirs",
    "odd",
  ]);
});
