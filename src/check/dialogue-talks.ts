import { QUIT_STAGES, type QuitStage } from "../smtp/attempt.ts";
import { dialogue } from "../smtp/dialogue.ts";
import { GREETING_ALONE } from "../smtp/greeting.ts";
import { takeNotes } from "../smtp/notes.ts";
import { proxyLine } from "../smtp/proxy-line.ts";
import type { Talk } from "../smtp/script.ts";
import { secretHider } from "../smtp/secret-hider.ts";
import type { DialogueTerms } from "../smtp/terms.ts";
import { familyOf } from "../text/address.ts";
import { addressLiteral } from "../text/mailbox.ts";
import { isSocketPath, type Target } from "../text/target.ts";
import { readHandshake } from "../tls/handshake.ts";
import { type DialogueOptions, readDialogueOptions } from "./dialogue-options.ts";
import { expand, oneByOne } from "./every-address.ts";
import type { Listed } from "./listed.ts";
import type { CheckOptions } from "./options.ts";
import { fullNameOf } from "./own-name.ts";
import type { Talks } from "./talks.ts";

/**
 * How the targets of a run are talked to that goes past the greeting.
 * @throws {UsageError} for what cannot be read, or does not go together.
 */
export async function talksOf(options: CheckOptions, listed: readonly Listed[]): Promise<Talks> {
  const read = readDialogueOptions(
    options,
    listed.map(({ target }) => target),
  );
  const helo = read.helo ?? (await fullNameOf(process.getBuiltinModule("node:os").hostname()));
  const known = new Map<Target, Talk>();
  return {
    ...(options.everyAddress === true
      ? { expand: (those, lookups) => expand(those, lookups, options), inOrder: oneByOne }
      : {}),
    with(target) {
      const talk = known.get(target) ?? talkWith(target, read, helo, options);
      known.set(target, talk);
      return talk;
    },
    mannersOf(target) {
      const terms = termsFor(target, read, helo);
      const at = QUIT_STAGES.indexOf(read.quitAfter);
      const earlier = QUIT_STAGES.slice(0, at)
        .toReversed()
        .filter((stage) => isAnsweredToo(stage, terms));
      return [manner(read.quitAfter, terms, read), ...earlier.map((stage) => manner(stage, terms, read))];
    },
  };
}

function talkWith(
  target: Target,
  read: DialogueOptions,
  helo: string | null,
  { onTranscript }: CheckOptions,
): Talk {
  const terms = termsFor(target, read, helo);
  const key = manner(read.quitAfter, terms, read);
  const redact = read.auth === null ? (text: string) => text : secretHider(read.auth);
  const common = {
    key,
    ...(read.isProxied ? { prelude: proxyLine } : {}),
    ...(read.auth === null ? {} : { isSecret: true }),
    ...(onTranscript === undefined
      ? {}
      : {
          overhear: (who: "C" | "S" | "-", text: string, address: string) =>
            onTranscript({ target, address, who, text: redact(text) }),
        }),
  };
  if (read.quitAfter === "greeting" && !terms.isImplicit) return { ...common, script: GREETING_ALONE.script };
  const talk: Talk = {
    ...common,
    script: (here) => dialogue(terms, here),
    takeNotes: () => takeNotes(redact),
  };
  if (terms.level !== "may" || terms.isImplicit) return talk;
  return {
    ...talk,
    inTheClear: (failed) => ({
      ...common,
      script: (here) => dialogue({ ...terms, level: "none" }, here),
      takeNotes: () => takeNotes(redact, failed),
    }),
  };
}

function termsFor(target: Target, read: DialogueOptions, helo: string | null): DialogueTerms {
  const { quitAfter, isLmtp, level, isImplicit, auth, from, expect, ca } = read;
  const name = read.tlsName ?? target.name ?? target.host;
  const bare = name.replace(/\.$/, "").replace(/%.*$/, "");
  const isNamed = familyOf(bare) === undefined && !isSocketPath(bare);
  return {
    quitAfter,
    helo,
    isLmtp,
    level,
    isImplicit,
    tls: {
      options: { serverName: isNamed ? bare : "", ...(ca === undefined ? {} : { ca: [...ca] }) },
      read: (handshake) => readHandshake(handshake, isSocketPath(bare) ? undefined : bare, ca),
    },
    auth,
    from,
    to: read.to ?? postmasterOf(target),
    expect,
  };
}

/** What was expected of the answer to EHLO under TLS, the one in the clear need not have had. */
function isAnsweredToo(stage: QuitStage, { expect, level, isImplicit }: DialogueTerms): boolean {
  return stage !== "ehlo" || expect.length === 0 || level === "none" || isImplicit;
}

/** Who must take mail at every server (RFC 5321 §4.5.1). */
function postmasterOf({ domain, name, host }: Target): string {
  if (domain !== undefined) return `postmaster@${domain.replace(/\.$/, "")}`;
  if (isSocketPath(host)) return "postmaster";
  const at = name ?? host;
  return `postmaster@${familyOf(at) === undefined ? at.replace(/\.$/, "") : addressLiteral(at)}`;
}

/** Stands for the literal of this end's address: no name that may be given. */
const OWN_LITERAL = "[]";

/** All that an outcome at a stage depends on, the endpoint aside, in words without blanks; "" for the greeting alone. No secret. */
function manner(
  stage: QuitStage,
  terms: DialogueTerms,
  { isProxied, tlsName, authorities }: DialogueOptions,
): string {
  const { helo, isLmtp, isImplicit, level, auth, from, to, expect, tls } = terms;
  const at = QUIT_STAGES.indexOf(stage);
  const reaches = (earliest: QuitStage) => at >= QUIT_STAGES.indexOf(earliest);
  const isSecured = isImplicit || (reaches("starttls") && level !== "none");
  const words: readonly (readonly [string, string | null | false])[] = [
    ["", stage === "greeting" ? null : stage],
    ["", isLmtp && "lmtp"],
    ["", isProxied && "proxy"],
    ["", isImplicit && "smtps"],
    ["helo", reaches("ehlo") && (helo ?? OWN_LITERAL)],
    ["expect", reaches("ehlo") && expect.length > 0 && expect.join(",")],
    ["tls", isSecured && level],
    ["sni", isSecured && (tlsName ?? String(tls.options.serverName ?? ""))],
    ["ca", isSecured && authorities !== undefined && Bun.hash(authorities).toString(36)],
    ["user", auth !== null && reaches("auth") && auth.user],
    ["mechanism", auth?.mechanism !== undefined && reaches("auth") && auth.mechanism],
    ["from", reaches("mail") && from],
    ["to", reaches("rcpt") && to],
  ];
  return words
    .flatMap(([key, value]) =>
      typeof value === "string" ? [key === "" ? value : `${key}=${encodeURIComponent(value)}`] : [],
    )
    .join(" ");
}
