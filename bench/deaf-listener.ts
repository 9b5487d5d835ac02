import { readSync } from "node:fs";

/** Listens and never accepts: the blocking read keeps its event loop from turning until standard input ends. */
const listener = Bun.listen({ hostname: "0.0.0.0", port: 0, socket: { data() {} } });
console.log(listener.port);

readSync(0, new Uint8Array(1));
process.exit();
