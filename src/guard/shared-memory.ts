import type { Location } from "../cache/location.ts";
import { RedisConnection } from "../cache/redis/connection.ts";
import { SqliteFile } from "../cache/sqlite/file.ts";
import { FileMemory } from "./file-memory.ts";
import type { SharedMemory } from "./relief.ts";
import { ServerMemory } from "./server-memory.ts";

/** After a failure a store is left alone for so long: mail flows, and is not delayed for its sake. */
const LEFT_ALONE_MS = 5_000;

/** What a location holds for several guards; undefined for the memory of this process. Nothing is opened before it is used. */
export function openSharedMemory(location: Location | null): SharedMemory | undefined {
  switch (location?.kind) {
    case undefined:
    case "memory":
      return undefined;
    case "file":
      return new PatientMemory(() => new FileMemory(new SqliteFile(location.path, () => {})));
    case "server":
      return new PatientMemory(() => new ServerMemory(new RedisConnection(location.url, location.shown)));
  }
}

/** A store that may fail and come back: after a failure it is left alone for a while, and then opened anew. */
export class PatientMemory implements SharedMemory {
  readonly #open: () => SharedMemory;
  #memory: SharedMemory | undefined;
  #failure: unknown;
  #failedAtMs = Number.NEGATIVE_INFINITY;

  constructor(open: () => SharedMemory) {
    this.#open = open;
  }

  meet(pass: string, keys: readonly string[], nowMs: number): ReturnType<SharedMemory["meet"]> {
    return this.#use((memory) => memory.meet(pass, keys, nowMs));
  }

  givePass(pass: string, nowMs: number): Promise<void> {
    return this.#use((memory) => memory.givePass(pass, nowMs));
  }

  close(): void {
    this.#memory?.close();
    this.#memory = undefined;
  }

  async #use<T>(work: (memory: SharedMemory) => Promise<T>): Promise<T> {
    if (performance.now() - this.#failedAtMs < LEFT_ALONE_MS) throw this.#failure;
    this.#memory ??= this.#open();
    const memory = this.#memory;
    try {
      return await work(memory);
    } catch (error) {
      if (this.#memory === memory) this.close();
      this.#failure = error;
      this.#failedAtMs = performance.now();
      throw error;
    }
  }
}
