import { guardExitStatus, main } from "./main.ts";

guardExitStatus();
process.exit(await main(Bun.argv.slice(2)));
