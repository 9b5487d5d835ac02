import type { SkipReason } from "../probe/outcome.ts";

/** What is known of one target's identity: whether it is a stop host. */
export type Identity = "unknown" | "stop" | "other";

/** Whether a target's being up decides the verdict, and if not, why. */
export type Standing = "counts" | Exclude<SkipReason, "null-mx">;

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

/**
 * What stands for certain of each target while the stop host may still be at any of these places, the farthest first
 * and the others in order; undefined for what depends on it.
 */
export function certainStanding(
  list: readonly Preferred[],
  stops: readonly [number, ...number[]],
): (at: number) => Standing | undefined {
  const [farthest, nearest = farthest] = stops;
  const places = new Set(stops);
  const sharers = new Map<number, number>();
  for (const stopAt of stops) {
    const preference = list[stopAt]?.preference ?? null;
    if (preference !== null) sharers.set(preference, (sharers.get(preference) ?? 0) + 1);
  }
  return (at) => {
    if (places.has(at)) return stops.length === 1 ? "stop-host" : undefined;
    const preference = list[at]?.preference ?? null;
    const sharing = preference === null ? 0 : (sharers.get(preference) ?? 0);
    if (sharing === stops.length) return "same-preference";
    if (sharing > 0) return undefined;
    if (at < nearest) return "counts";
    return at > farthest ? "after-stop" : undefined;
  };
}
