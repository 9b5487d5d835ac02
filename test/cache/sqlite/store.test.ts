import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SqliteStore } from "../../../src/cache/sqlite/store.ts";
import { storeContract } from "../store-contract.ts";

storeContract("SqliteStore", async () => {
  const folder = await mkdtemp(join(tmpdir(), "smtpdcheck-"));
  return {
    open: () => new SqliteStore(join(folder, "cache.db"), () => {}),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
});
