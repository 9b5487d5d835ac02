import { FilterSession } from "../../src/guard/filter-session.ts";
import type { Decide } from "../../src/guard/question.ts";

/** What the recipient's local part asks for, after the milliseconds that stand behind it. */
const decide: Decide = (question, decided) => {
  console.error(JSON.stringify(question));
  const [, wanted, ms] = /^([a-z]+)(\d*)@/.exec(question.recipient) ?? [];
  const action = wanted === "unlucky" ? "451" : "defer-if-permit";
  const server = "mx1.example.test";
  const text = `Please use ${server}`;
  setTimeout(
    () => decided(wanted === "lucky" ? { kind: "let-in" } : { kind: "defer", action, server, text }),
    Number(ms),
  );
};

const session = new FilterSession({
  decide,
  write: (text) => void process.stdout.write(text),
  ended: (why) => console.error(`ended: ${why}`),
});
for await (const octets of Bun.stdin.stream()) session.heard(octets);
session.finished();
