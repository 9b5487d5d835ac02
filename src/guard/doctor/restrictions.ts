import type { Parameters } from "./parameters.ts";
import { isSetting, type PolicyService, parsePolicyService } from "./policy-service.ts";

/** One place where an smtpd asks a policy service. */
export interface PolicyUse {
  readonly service: PolicyService;
  /** The parameter that names it: a list of restrictions, or a restriction class that only a table leads to. */
  readonly list: string;
  /** Null for a place that only a table leads to: what is done before it cannot be seen. */
  readonly before: {
    /** The restrictions in front of it in its own list. */
    readonly inList: readonly string[];
    /** The restrictions of the lists that come before its own. */
    readonly inOthers: readonly string[];
  } | null;
  /** The restrictions behind it, those of later lists too. */
  readonly after: readonly string[];
  /** Whether `warn_if_reject` stands in front of it. */
  readonly isOnlyWarning: boolean;
  /** Settings that stand behind the address without braces, where Postfix takes them for restrictions. */
  readonly stray: readonly string[];
}

/** Lists that are gone through before a recipient is known, or behind the last one. */
const OTHER_LISTS = ["smtpd_etrn_restrictions", "smtpd_data_restrictions", "smtpd_end_of_data_restrictions"];

/** Every place where an smtpd with these parameters asks a policy service. */
export function findPolicyUses(parameters: Parameters): readonly PolicyUse[] {
  const atRcpt = listsAtRcpt(parameters);
  const words = new Map(
    [...atRcpt, ...OTHER_LISTS].map((list) => [list, flatten(parameters, list, new Set())]),
  );
  const of = (list: string) => words.get(list) ?? [];
  const uses = [...words.keys()].flatMap((list) => {
    const at = atRcpt.indexOf(list);
    const earlier = at < 0 ? [] : atRcpt.slice(0, at).flatMap(of);
    const later = at < 0 ? [] : atRcpt.slice(at + 1).flatMap(of);
    return usesIn(list, of(list), earlier, later);
  });
  return [...uses, ...usesByTable(parameters, [...words.values()].flat())];
}

/** The lists that are gone through at RCPT, in their order. */
export function listsAtRcpt(parameters: Parameters): readonly string[] {
  const isRelayFirst = parameters.value("smtpd_relay_before_recipient_restrictions") === "yes";
  const [relay, recipient] = ["smtpd_relay_restrictions", "smtpd_recipient_restrictions"];
  const early = ["smtpd_client_restrictions", "smtpd_helo_restrictions", "smtpd_sender_restrictions"];
  return [...early, ...(isRelayFirst ? [relay, recipient] : [recipient, relay])];
}

/** A list's words, with those of restriction classes in the classes' place. */
function flatten(parameters: Parameters, list: string, above: ReadonlySet<string>): readonly string[] {
  const classes = new Set(parameters.words("smtpd_restriction_classes"));
  return parameters
    .words(list)
    .flatMap((word) =>
      classes.has(word) && !above.has(word) ? flatten(parameters, word, new Set([...above, word])) : [word],
    );
}

function usesIn(
  list: string,
  words: readonly string[],
  earlier: readonly string[],
  later: readonly string[],
): readonly PolicyUse[] {
  return words.flatMap((word, at) => {
    if (word !== "check_policy_service") return [];
    const service = parsePolicyService(words[at + 1] ?? "");
    const behind = words.slice(at + 2);
    const isNoSetting = behind.findIndex((next) => !isSetting(next));
    const stray = isNoSetting < 0 ? behind : behind.slice(0, isNoSetting);
    return {
      service,
      list,
      before: { inList: effective(words.slice(0, at)), inOthers: effective(earlier) },
      after: effective([...behind, ...later]),
      isOnlyWarning: words[at - 1] === "warn_if_reject",
      stray,
    };
  });
}

/** Classes that no list names: a table may, where one is looked up. */
function usesByTable(parameters: Parameters, seen: readonly string[]): readonly PolicyUse[] {
  if (!seen.some((word) => /^check_\w+_access$/.test(word))) return [];
  const inLists = seen.filter((_, at) => seen[at - 1] === "check_policy_service");
  return parameters
    .words("smtpd_restriction_classes")
    .flatMap((name) => usesIn(name, flatten(parameters, name, new Set([name])), [], []))
    .filter(({ service }) => !inLists.some((word) => parsePolicyService(word).address === service.address))
    .map((use) => ({ ...use, before: null }));
}

/** Words without those that `warn_if_reject` takes the effect from. */
function effective(words: readonly string[]): readonly string[] {
  return words.filter((_, at) => words[at - 1] !== "warn_if_reject");
}
