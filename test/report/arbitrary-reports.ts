import fc from "fast-check";
import type { Report } from "../../src/check/report.ts";
import type { ProbeOutcome, ServerReport } from "../../src/probe/outcome.ts";
import type { Dialogue } from "../../src/smtp/attempt.ts";
import { CERTIFICATE_FAULTS } from "../../src/tls/facts.ts";
import { reportOn, settled } from "./samples.ts";

/** What breaks lines, terminals, JSON and monitors, and what has another width than one. */
const HAZARDS = [
  "\n",
  "\r\n",
  "\0",
  "\x1b[31m",
  "\x1b]0;owned\x07",
  "\x7f",
  "\x9b",
  "\u2028",
  "\u202e",
  "\ud800",
  "\udc00",
  "|",
  "\\n",
  "\\",
  "'",
  '"',
  "=",
  ";",
  " ",
  "漢字",
  "ﾊﾟ",
  "👩‍👩‍👧",
  "🇩🇪",
  "e\u0301",
  "\u0301",
  "שלום",
  "é",
];

/** Servers as given, and as they are looked up. */
const HOSTS = [
  ["MX1.example.test", "mx1.example.test"],
  ["2001:db8::1", "2001:db8::1"],
  ["[fe80::1%eth0]", "fe80::1%eth0"],
  ["mx.漢字.test", "mx.xn--p8s937b.test"],
] as const;

/** Text as a hostile server, or a careless library user, would write it. */
export const hostileText: fc.Arbitrary<string> = fc
  .array(fc.oneof(fc.constantFrom(...HAZARDS), fc.string({ unit: "binary" }), codeUnit()), { maxLength: 8 })
  .map((parts) => parts.join(""));

/** Any report whose verdict follows from its servers, full of hostile text. */
export const fullReport: fc.Arbitrary<Report> = fc
  .record({
    servers: fc.array(server(), { maxLength: 5 }),
    requirement: fc.constantFrom("none", "any", "all"),
    elapsedMs: duration(),
  })
  .map(({ servers, requirement, elapsedMs }) => ({ ...reportOn(servers, requirement), elapsedMs }));

function server(): fc.Arbitrary<ServerReport> {
  return fc
    .record({
      named: fc.oneof(
        fc.constantFrom(...HOSTS),
        fc.tuple(hostileText.filter(Boolean), fc.constant("mx.test")),
      ),
      port: fc.oneof(fc.constant(25), fc.integer({ min: 1, max: 65_535 })),
      preference: fc.option(fc.integer({ min: 0, max: 65_535 })),
      outcome: outcome(),
      dnsMs: fc.option(duration()),
      elapsedMs: fc.option(duration()),
      cachedAtMs: fc.option(duration()),
      dialogue: fc.option(dialogue(), { nil: undefined }),
    })
    .map(({ named: [server, host], port, preference, outcome, cachedAtMs, dialogue, ...timings }) => {
      const target = { server, host, port, preference };
      if (outcome.kind === "skipped" || outcome.kind === "bad-exchange") return settled(target, outcome);
      const report = {
        ...settled(target, outcome),
        ...timings,
        cachedAtMs,
        ...(isLater(outcome) ? { dialogue } : {}),
      };
      return cachedAtMs === null ? report : { ...report, attempts: [] };
    });
}

function outcome(): fc.Arbitrary<ProbeOutcome> {
  const lines = fc.array(hostileText, { maxLength: 3 });
  const declined = fc.integer({ min: 200, max: 599 }).filter((code) => code !== 220);
  return fc.oneof(
    lines.map((text) => ({ kind: "greeted", reply: { code: 220, lines: text, complete: true } }) as const),
    fc
      .tuple(declined, lines)
      .map(
        ([code, text]) =>
          ({ kind: "declined", stage: "greeting", reply: { code, lines: text, complete: false } }) as const,
      ),
    hostileText.map((text) => ({ kind: "not-smtp", stage: "greeting", text }) as const),
    fc.constantFrom<ProbeOutcome>(
      { kind: "closed", stage: "greeting" },
      { kind: "refused" },
      { kind: "not-found" },
      { kind: "no-resources", cause: "EMFILE" },
      { kind: "reset", stage: "connect" },
      { kind: "reset", stage: "greeting" },
      { kind: "timed-out", stage: "dns" },
      { kind: "timed-out", stage: "connect" },
      { kind: "timed-out", stage: "greeting" },
      { kind: "timed-out", stage: "waiting" },
      { kind: "timed-out", stage: "waiting", holderStage: "greeting" },
      { kind: "skipped", why: "stop-host" },
      { kind: "skipped", why: "same-preference" },
      { kind: "skipped", why: "after-stop" },
      { kind: "skipped", why: "null-mx" },
      { kind: "skipped", why: "too-many-exchangers" },
      { kind: "bad-exchange", why: "address" },
      { kind: "bad-exchange", why: "no-host-name" },
    ),
    later(lines),
    hostileText.map((cause) => ({ kind: "dns-failure", cause }) as const),
    hostileText.map((cause) => ({ kind: "unreachable", cause }) as const),
  );
}

/** Whether a server came past the greeting. */
function isLater(outcome: ProbeOutcome): boolean {
  return "stage" in outcome && !["dns", "waiting", "connect", "greeting"].includes(outcome.stage);
}

/** What may come of a server past the greeting. */
function later(lines: fc.Arbitrary<readonly string[]>): fc.Arbitrary<ProbeOutcome> {
  const stage = fc.constantFrom("ehlo", "starttls", "auth", "mail", "rcpt");
  const deferring = fc.constantFrom("auth", "mail", "rcpt");
  const reply = (min: number, max: number) =>
    fc.record({ code: fc.integer({ min, max }), lines, complete: fc.boolean() });
  const certificate = fc.constantFrom(...CERTIFICATE_FAULTS);
  const [at, login] = [fc.constant("starttls"), fc.constant("auth")] as const;
  return fc.oneof(
    fc.record({ kind: fc.constant("reached"), stage, reply: reply(200, 299) }),
    fc.record({ kind: fc.constant("declined"), stage, reply: reply(400, 599) }),
    fc.record({ kind: fc.constant("busy"), stage, reply: reply(421, 421) }),
    fc.record({ kind: fc.constant("deferred"), stage: deferring, reply: reply(400, 499) }),
    fc.record({ kind: fc.constantFrom("closed", "reset", "timed-out"), stage }),
    fc.record({ kind: fc.constant("not-smtp"), stage, text: hostileText }),
    fc.record({ kind: fc.constant("starttls-missing"), stage: at }),
    fc.record({
      kind: fc.constant("tls-failed"),
      stage: at,
      cause: hostileText,
      reply: fc.option(reply(400, 599)),
    }),
    fc.record({ kind: certificate, stage: at, cause: hostileText }),
    fc.record({ kind: fc.constant("auth-missing"), stage: login, offered: lines }),
    fc.record({
      kind: fc.constant("auth-failed"),
      stage: login,
      cause: hostileText,
      reply: fc.option(reply(500, 599)),
    }),
    fc.record({ kind: fc.constant("extension-missing"), stage, extension: hostileText }),
  ) as fc.Arbitrary<ProbeOutcome>;
}

/** What may have been learnt past the greeting, whatever the outcome. */
function dialogue(): fc.Arbitrary<Dialogue> {
  const names = fc.array(hostileText, { maxLength: 3 });
  const certificate = fc.record({
    subject: hostileText,
    issuer: hostileText,
    names,
    notBeforeMs: fc.double({ min: -1e15, max: 1e15, noNaN: true }),
    notAfterMs: fc.oneof(fc.constant(Number.NaN), fc.double({ min: -1e15, max: 1e15, noNaN: true })),
    keyType: fc.constantFrom("rsa", "ec", "ed25519"),
    keyBits: fc.option(fc.integer({ min: 1, max: 9_999 })),
    fingerprint: fc.constant("a".repeat(64)),
    publicKeyFingerprint: fc.constant("b".repeat(64)),
    isSelfSigned: fc.boolean(),
  });
  return fc.record({
    stagesMs: fc.record({ ehlo: duration(), starttls: duration() }, { requiredKeys: [] }),
    hello: fc.constantFrom("EHLO", "HELO", "LHLO", null),
    offer: fc.option(fc.record({ code: fc.constant(250), lines: names, complete: fc.constant(true) })),
    tls: fc.option(
      fc.record({
        protocol: hostileText,
        cipher: hostileText,
        chain: fc.array(certificate, { maxLength: 2 }),
        faults: fc.array(fc.record({ kind: fc.constantFrom(...CERTIFICATE_FAULTS), cause: hostileText }), {
          maxLength: 2,
        }),
      }),
    ),
    tlsFailure: fc.option(hostileText),
    isSecretUsed: fc.boolean(),
  });
}

function duration(): fc.Arbitrary<number> {
  return fc.double({ min: 0, max: 1e7, noNaN: true });
}

function codeUnit(): fc.Arbitrary<string> {
  return fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit));
}
