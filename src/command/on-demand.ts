/** What a plain run has no use for, in one piece that is loaded when it is wanted: each further piece costs every start. */
export { openCache } from "../cache/open-cache.ts";
export * as further from "../check/further.ts";
export { renderAdvice } from "../report/advice.ts";
export { renderJson } from "../report/json.ts";
export { renderNagios, renderNagiosUnknown } from "../report/nagios.ts";
export { renderTable } from "../report/table.ts";
/** What the other commands share with the plain one: reached from here too, it stays in the piece that every start loads anyway, and is not cut off as one more. */
export { readArguments } from "./arguments.ts";
export { runCacheCommand } from "./cache-command.ts";
export { withDialogue } from "./dialogue.ts";
export { renderFailure } from "./failure.ts";
export { renderHelp } from "./help.ts";
export { HELP_PAGE } from "./help-page.ts";
export { print } from "./print.ts";
export { withProgress } from "./progress.ts";
export { readServersFrom } from "./servers-from.ts";
export { runSubCommand } from "./sub-commands.ts";
export { waitUntilMet } from "./wait.ts";
