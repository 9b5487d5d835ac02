/** What only some checks take: exchangers, name servers of one's own, dialogues past the greeting. */

export { cancellableSystemResolver } from "../names/cancellable-system.ts";
export { nameServers } from "../names/name-servers.ts";
export { talksOf } from "./dialogue-talks.ts";
export { listExchangers } from "./exchangers.ts";
