import { describe, expect, test } from "bun:test";
import { type AddressLookup, askingBothAtOnce, ofFamily, withoutAsking } from "../../src/names/resolver.ts";
import type { Family } from "../../src/text/address.ts";

test("ofFamily() gives those of one family", () => {
  const addresses = ["192.0.2.1", "2001:db8::1"];
  expect(ofFamily(addresses, 6)).toEqual({ kind: "found", addresses: ["2001:db8::1"] });
  expect(ofFamily(["192.0.2.1"], 6)).toEqual({ kind: "not-found" });
});

test.each<[string, Family, AddressLookup | undefined]>([
  ["192.0.2.1", 4, { kind: "found", addresses: ["192.0.2.1"] }],
  ["192.0.2.1", 6, { kind: "not-found" }],
  ["localhost", 6, { kind: "found", addresses: ["::1"] }],
  ["mx.localhost.", 4, { kind: "found", addresses: ["127.0.0.1"] }],
  ["notlocalhost", 4, undefined],
])("withoutAsking() for %s, family %d", (host, family, lookup) => {
  expect(withoutAsking(host, family)).toEqual(lookup as never);
});

describe("askingBothAtOnce()", () => {
  function asking() {
    const asked: string[] = [];
    const answers = new Map<string, PromiseWithResolvers<AddressLookup>>();
    const ask = askingBothAtOnce((host, family) => {
      asked.push(`${host} ${family}`);
      const answer = Promise.withResolvers<AddressLookup>();
      answers.set(`${host} ${family}`, answer);
      return answer.promise;
    });
    return { asked, answers, ask };
  }

  test("asks for both, and gives the other to whoever asks meanwhile under the same signal", async () => {
    const { asked, answers, ask } = asking();
    const { signal } = new AbortController();
    const [four, six] = [ask("a.test", 4, signal), ask("a.test", 6, signal)];
    expect(asked).toEqual(["a.test 4", "a.test 6"]);
    answers.get("a.test 6")?.resolve({ kind: "not-found" });
    expect(await six).toEqual({ kind: "not-found" });
    answers.get("a.test 4")?.resolve({ kind: "found", addresses: ["192.0.2.1"] });
    expect(await four).toEqual({ kind: "found", addresses: ["192.0.2.1"] });
  });

  test("does not give it to another run, nor when it has come", async () => {
    const { asked, answers, ask } = asking();
    const { signal } = new AbortController();
    ask("a.test", 4, signal);
    ask("a.test", 6, new AbortController().signal);
    expect(asked.length).toBe(4);
    const late = asking();
    late.ask("b.test", 4, signal);
    const along = late.answers.get("b.test 6");
    along?.reject(new Error("left"));
    await along?.promise.catch(() => {});
    late.ask("b.test", 6, signal);
    expect(late.asked).toEqual(["b.test 4", "b.test 6", "b.test 6", "b.test 4"]);
    expect(answers.size).toBe(2);
  });
});
