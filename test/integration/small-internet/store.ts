import { redisCommand } from "../../fake/redis-server.ts";
import { makeServerFolder } from "../server-folder.ts";
import { ADDRESSES, type Internet } from "./internet.ts";
import { type Service, startService } from "./service.ts";

const [ADDRESS] = ADDRESSES.store;
const PORT = 6_379;

/** Where the store of a small internet is. */
export const STORE = `redis://${ADDRESS}:${PORT}`;

/** Starts a Redis or Valkey server that keeps nothing on disk. */
export async function startStore({ host }: Internet): Promise<Service> {
  const folder = await makeServerFolder([]);
  const own = ["--bind", ADDRESS, "--port", `${PORT}`, "--protected-mode", "no"];
  const argv = [redisCommand ?? "redis-server", ...own, "--dir", folder.path, "--save", ""];
  return startService({ host: host("store"), folder, argv, listensOn: PORT });
}
