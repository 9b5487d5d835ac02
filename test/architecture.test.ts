import { describe, expect, test } from "bun:test";
import { basename, dirname, join, normalize, relative } from "node:path";
import { dependencies } from "../package.json";

const ROOT = join(import.meta.dir, "..");
const MAX_LINES = 170;

/**
 * Every source file or folder, in one layer each, as the README's "Inside" has them. A file imports only from lower
 * layers, or from its own without a cycle.
 */
const LAYERS: readonly (readonly string[])[] = [
  ["index"],
  ["cli", "help"],
  ["cache-command", "wait"],
  ["command", "arguments", "options", "terminal", "wait-status", "kept-list"],
  ["check", "rounds", "report"],
  ["run"],
  ["roster", "stop-hosts", "server-list"],
  ["check-options", "verdict"],
  ["cache", "candidates"],
  ["prober"],
  ["probe"],
  ["outcome", "attempt-pool", "name-servers"],
  ["exchanges"],
  ["name-server-answer", "name-server-channels"],
  ["smtp", "dns"],
  ["net", "target", "deadline", "gate"],
  ["address", "usage-error"],
  ["clean-text"],
];

/** What only some files may mention. */
const RESERVED: readonly (readonly [what: RegExp, where: RegExp])[] = [
  [/\bBun\.(?:connect|listen|udpSocket)\b/, /^net\//],
  [/\bdns\b.*\blookup\b|\bdns\.(?:lookup|resolve|prefetch)/, /^dns$/],
  [/\bprocess\.exit\b/, /^(?:index|cli)$/],
  [/\bprocess\.(?:stdout|stderr)\b/, /^terminal$/],
  [/\bconsole\./, /^$/],
  [/\bAbortSignal\.timeout\b/, /^deadline$/],
];

/** Files that hold types alone, so that there is nothing to test. */
const TYPES_ALONE = ["cache/store", "net/endpoint"];

/** Parts of a file whose tests are those of the whole. */
const TESTED_WITH: Readonly<Record<string, string>> = { "report/perfdata": "report/nagios" };

/** What a run that was not asked for it does not load. */
const LOADED_WHEN_NEEDED = ["help"];

interface Source {
  /** Its path below src/, without extension. */
  readonly name: string;
  readonly text: string;
  /** Its text without comments, strings kept. */
  readonly code: string;
  /** The names of the source files it imports, as types or as values. */
  readonly imports: readonly string[];
}

const paths = [...new Bun.Glob("**/*.ts").scanSync(join(ROOT, "src"))].toSorted();
const sources = await Promise.all([readSource("../index.ts"), ...paths.map(readSource)]);

async function readSource(path: string): Promise<Source> {
  const text = await Bun.file(join(ROOT, "src", path)).text();
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  const specifiers = [...code.matchAll(/\b(?:from|import)\s*\(?\s*"(\.[^"]+\.ts)"/g)].map(
    ([, specifier = ""]) => specifier,
  );
  const imports = specifiers.map((specifier) => nameOf(normalize(join(dirname(path), specifier))));
  return { name: nameOf(path), text, code, imports };
}

function nameOf(path: string): string {
  return path.replace(/^(?:\.\.\/)?(?:src\/)?/, "").replace(/\.ts$/, "");
}

/** A file's name, or its folder's when it stands in one. */
function memberOf(name: string): string {
  return name.split("/")[0] ?? name;
}

function layerOf(name: string): number {
  return LAYERS.findIndex((layer) => layer.includes(memberOf(name)));
}

function namesOf(isMeant: (source: Source) => boolean): readonly string[] {
  return sources.filter(isMeant).map(({ name }) => name);
}

test("the sources are found, and their imports", () => {
  expect(sources.find(({ name }) => name === "index")?.imports).toContain("check");
  expect(sources.find(({ name }) => name === "smtp/dialogue")?.imports).toContain("net/line-connection");
  expect(sources.find(({ name }) => name === "cli")?.imports).toContain("help");
});

test("every source file stands in exactly one layer, and every layer's members exist", () => {
  const members = new Set(sources.map(({ name }) => memberOf(name)));
  expect(LAYERS.flat().toSorted()).toEqual([...members].toSorted());
});

test("no file imports from a higher layer", () => {
  const upward = sources.flatMap(({ name, imports }) =>
    imports.filter((other) => layerOf(other) < layerOf(name)).map((other) => `${name} imports ${other}`),
  );
  expect(upward).toEqual([]);
});

test("no imports go in a circle", () => {
  const importsOf = new Map(sources.map(({ name, imports }) => [name, imports]));
  const visit = (name: string, above: readonly string[]): readonly string[] =>
    above.includes(name)
      ? [[...above.slice(above.indexOf(name)), name].join(" → ")]
      : (importsOf.get(name) ?? []).flatMap((other) => visit(other, [...above, name]));
  expect(visit("index", [])).toEqual([]);
});

test("no import leaves src/, but for package.json, the one dependency and what is loaded when needed", () => {
  const foreign = sources.flatMap(({ name, code }) =>
    [...code.matchAll(/\bfrom\s+"([^"]+)"/g)]
      .map(([, specifier = ""]) => specifier)
      .filter((specifier) => !specifier.endsWith(".ts"))
      .map((specifier) => `${name}: ${specifier}`),
  );
  expect(foreign.toSorted()).toEqual([
    "cache/sqlite-connection: bun:sqlite",
    "cache/sqlite-file: bun:sqlite",
    "cache/sqlite-layout: bun:sqlite",
    "cache/sqlite-store: bun:sqlite",
    "cli: ../package.json",
    "help: citty",
    "name-server-channels: node:dns/promises",
    "name-servers: node:dns/promises",
    "options: citty",
  ]);
});

describe("every source file", () => {
  test(`has at most ${MAX_LINES} lines`, () => {
    const lengths = sources.map(({ name, text }) => ({ name, lines: text.trimEnd().split("\n").length }));
    expect(lengths.filter(({ lines }) => lines > MAX_LINES)).toEqual([]);
  });

  test.each([
    ["default export", /\bexport\s+default\b/],
    ["any", /(?::\s|<|,|\||&|=>|\bas|\bextends)\s*any\b(?!\s*[(:])/],
    ["non-null assertion", /[\w)\]]!(?:[.;,)\]]|$)/m],
    ["switched-off check", /@ts-|biome-ignore/],
  ])("has no %s", (_, pattern) => {
    const read = ({ code, text }: Source) =>
      pattern.source.startsWith("@") ? text : code.replace(/"[^"\n]*"/g, '""');
    expect(namesOf((source) => pattern.test(read(source)))).toEqual([]);
  });

  test("says in a docstring what each export is", () => {
    const isBare = (line: string, at: number, lines: readonly string[]) =>
      /^export (?!\{|\* |type \{)/.test(line) && !/\*\/\s*$/.test(lines[at - 1] ?? "");
    expect(namesOf(({ text }) => text.split("\n").some(isBare))).toEqual([]);
  });

  test.each(RESERVED)("mentions %p only in %p", (what, where) => {
    expect(namesOf(({ name, code }) => what.test(code) && !where.test(name))).toEqual([]);
  });

  test("has a test of its own or of its whole, but for those that hold types alone", async () => {
    const tests = new Set(new Bun.Glob("**/*.test.ts").scanSync(import.meta.dir));
    expect(namesOf(({ name }) => !tests.has(`${TESTED_WITH[name] ?? name}.test.ts`))).toEqual(TYPES_ALONE);
  });

  test("loads no module of Node's before it is needed", () => {
    const atTopLevel = /^(?:export )?(?:const|let) .*\b(?:getBuiltinModule|require)\b/m;
    expect(namesOf(({ code }) => atTopLevel.test(code))).toEqual([]);
  });
});

test("a plain run starts without citty, SQLite, any module of Node's, and what it has no use for", async () => {
  const transpiler = new Bun.Transpiler({ loader: "ts" });
  const seen = new Set<string>();
  const foreign: string[] = [];
  const visit = async (path: string): Promise<void> => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const { kind, path: specifier } of transpiler.scanImports(
      (await Bun.file(path).text()).replace(/^#!.*/, ""),
    )) {
      if (kind === "dynamic-import") continue;
      if (specifier.endsWith(".ts")) await visit(join(dirname(path), specifier));
      else if (!specifier.endsWith("package.json")) foreign.push(`${basename(path)}: ${specifier}`);
    }
  };
  await visit(join(ROOT, "src/cli.ts"));
  expect(foreign).toEqual([]);
  const read = [...seen].map((path) => nameOf(relative(join(ROOT, "src"), path)));
  expect(read).toContain("smtp/dialogue");
  for (const name of LOADED_WHEN_NEEDED) expect(read).not.toContain(name);
});

test("the README's layout names every source file, and its layers are those held here", async () => {
  const readme = await Bun.file(join(ROOT, "README.md")).text();
  const [, inside = ""] = /^## Inside\n(.*?)(?:^## |(?![\s\S]))/ms.exec(readme) ?? [];
  const rows = inside.split("\n").map((row) => row.trim().split(" ")[0]);
  expect(sources.map(({ name }) => `${basename(name)}.ts`).filter((file) => !rows.includes(file))).toEqual(
    [],
  );
  const layers = LAYERS.map((layer) => layer.join(", ")).join(" › ");
  const [paragraph = ""] = /^ {4}index › .*?(?=\n\n)/ms.exec(inside) ?? [];
  expect(paragraph.trim().replace(/\s+/g, " ")).toBe(layers);
});

test("citty is the only dependency at run time", () => {
  expect(Object.keys(dependencies)).toEqual(["citty"]);
});
