/** What one client made of probing every server once. */
export type ThroughputRun = {
  readonly greeted: number;
  readonly elapsedMs: number;
  /** The most memory the client's process has held resident so far. */
  readonly peakMemoryKib: number;
};
