import { takeBackDescriptors } from "../limits/descriptors.ts";
import { isWantOfDescriptors } from "../net/own-failure.ts";
import type { AddressLookup, Resolver } from "./resolver.ts";

/** A resolver that asks again for want of a descriptor, as long as there are some that this process can do without. */
export function retrying(resolver: Resolver): Resolver {
  return {
    async addresses(host, family, signal) {
      for (;;) {
        const answer = await resolver.addresses(host, family, signal);
        if (!isForWantOfDescriptors(answer) || signal?.aborted || !takeBackDescriptors()) return answer;
        await nextTurn();
      }
    },
  };
}

function isForWantOfDescriptors(answer: AddressLookup): boolean {
  return answer.kind === "no-resources" && isWantOfDescriptors(answer.cause);
}

/** A socket that has been closed is gone by then. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, 0));
}
