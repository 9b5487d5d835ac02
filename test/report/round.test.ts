import { describe, expect, test } from "bun:test";
import { StopHostError } from "../../src/check/stop-hosts.ts";
import { MxLookupError } from "../../src/names/exchanges.ts";
import { describeRound } from "../../src/report/round.ts";
import { greeted, reportOn, settled, target } from "./samples.ts";

const up = greeted(target("mx1.test"));
const refusing = settled(target("mx2.test"), { kind: "refused" });
const missing = settled(target("mx3.test"), { kind: "not-found" });
const stopped = settled(target("mx4.test"), { kind: "skipped", why: "stop-host" });
const ours = settled(target("mx5.test"), { kind: "no-resources", cause: "EMFILE" });

describe("describeRound()", () => {
  test.each(["any", "all"] as const)(
    "names the servers that are not available when %s are required",
    (requirement) => {
      expect(describeRound(reportOn([up, refusing, missing, stopped], requirement))).toBe(
        "mx2.test: 192.0.2.1 refused the connection; mx3.test: name not found",
      );
    },
  );

  test("tells servers on several ports of one host apart", () => {
    const servers = [587, 2_525].map((port) => settled(target("localhost", { port }), { kind: "refused" }));
    expect(describeRound(reportOn(servers, "all"), 587)).toBe(
      "localhost: 192.0.2.1 refused the connection; localhost:2525: 192.0.2.1 refused the connection",
    );
  });

  test("names the servers that are available when none may be", () => {
    expect(describeRound(reportOn([up, refusing], "none"))).toBe(
      'mx1.test: 192.0.2.1 said "220 mx.example.test ESMTP"',
    );
  });

  test.each(["none", "any", "all"] as const)("says that no server counts: %s", (requirement) => {
    expect(describeRound(reportOn([stopped], requirement))).toBe("no server counts");
  });

  test.each(["none", "any", "all"] as const)(
    "names a server that this machine could not judge: %s",
    (requirement) => {
      expect(describeRound(reportOn([ours], requirement))).toContain("mx5.test: ");
    },
  );

  test("tells of a lookup that failed", () => {
    for (const error of [
      new MxLookupError("Cannot look up this"),
      new StopHostError("Cannot look up that"),
    ]) {
      expect(describeRound(error)).toBe(error.message);
    }
  });

  test("is one clean line, whatever the servers say", () => {
    const hostile = greeted(target("mx\x1b[31m.test"), ["a\r\nb\x07", "\u202e"]);
    expect(describeRound(reportOn([hostile], "none"))).toMatch(/^[^\p{Cc}\p{Cf}]+$/u);
    expect(describeRound(new MxLookupError("a\nb"))).toBe("a\\nb");
  });
});
