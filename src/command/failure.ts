import { CacheError } from "../cache/store.ts";
import { StopHostError } from "../check/stop-hosts.ts";
import { MxLookupError } from "../names/exchanges.ts";
import { type ErrorKind, renderJsonError } from "../report/json.ts";
import { UsageError } from "../text/errors.ts";
import { messageOf } from "./complaints.ts";
import { InputError } from "./input.ts";

/** An error as the report of a program that reads JSON. */
export function renderFailure(error: unknown): string {
  return renderJsonError(kindOf(error), messageOf(error));
}

function kindOf(error: unknown): ErrorKind {
  if (error instanceof UsageError) return "usage";
  if (error instanceof StopHostError || error instanceof MxLookupError) return "lookup";
  if (error instanceof InputError) return "input";
  return error instanceof CacheError ? "cache" : "internal";
}
