import { guardExitStatus, main } from "./main.ts";

const argv = Bun.argv.slice(2);
guardExitStatus(argv);
process.exit(await main(argv));
