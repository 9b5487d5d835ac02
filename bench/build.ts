import manifest from "../package.json" with { type: "json" };

const ROOT = new URL("../", import.meta.url).pathname;

/** Compiles an entry file to a program, with the very flags of package.json's `build` script. */
export async function compileProgram(entry: string, outfile: string): Promise<string> {
  await run([process.execPath, "build", entry, ...buildFlags(manifest.scripts.build), "--outfile", outfile]);
  return outfile;
}

/** Compiles a C file of this folder, or gives null when there is no C compiler. */
export async function compileC(name: string, scratch: string): Promise<string | null> {
  const compiler = Bun.which("cc");
  if (compiler === null) return null;
  const outfile = `${scratch}/${name}`;
  await run([compiler, "-O2", "-o", outfile, `${ROOT}bench/${name}.c`]);
  return outfile;
}

/** The flags of a `bun build ENTRY FLAGS --outfile FILE` command line, without the entry and the outfile. */
function buildFlags(script: string): readonly string[] {
  const [bun, build, ...words] = script.split(" ").filter((word) => word !== "");
  const outfileAt = words.indexOf("--outfile");
  if (bun !== "bun" || build !== "build" || outfileAt < 0) {
    throw new Error(`Cannot read "${script}" as a build: want bun build ENTRY FLAGS --outfile FILE`);
  }
  return words.filter((word, at) => word.startsWith("--") && at !== outfileAt);
}

async function run(argv: readonly string[]): Promise<void> {
  const child = Bun.spawn([...argv], { cwd: ROOT, stdio: ["ignore", "ignore", "pipe"] });
  const errors = await new Response(child.stderr).text();
  if ((await child.exited) !== 0) throw new Error(`Cannot build: ${argv.join(" ")}\n${errors}`);
}
