/** What is known of one target's identity: whether it is a stop host. */
export type Identity = "unknown" | "stop" | "other";

/** Whether a target's being up decides the verdict, and if not, why. */
export type Standing = "counts" | "stop-host" | "same-preference" | "after-stop";

interface Preferred {
  readonly preference: number | null;
}

/**
 * The --stop rule of smtpdcheck(1): nothing from the first stop host on counts, and nothing of its preference,
 * wherever that stands. The stop host may be past the end: then everything counts.
 */
export function standing(list: readonly Preferred[], stopAt: number, at: number): Standing {
  if (at === stopAt) return "stop-host";
  const preference = list[stopAt]?.preference ?? null;
  if (preference !== null && list[at]?.preference === preference) return "same-preference";
  return at > stopAt ? "after-stop" : "counts";
}
