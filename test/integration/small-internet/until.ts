const WITHIN_MS = 30_000;
const POLL_MS = 20;

/**
 * Resolves once something is so; for what only looking can tell.
 * @throws with the complaint when it is not within that time, 30 s by default.
 */
export async function until(
  isSo: () => boolean,
  complaint: () => string,
  withinMs = WITHIN_MS,
): Promise<void> {
  const endMs = performance.now() + withinMs;
  while (!isSo()) {
    if (performance.now() > endMs) throw new Error(complaint());
    await Bun.sleep(POLL_MS);
  }
}
