import { describe, expect, test } from "bun:test";
import { basename, dirname, join, normalize, relative } from "node:path";
import { dependencies } from "../package.json";

const ROOT = join(import.meta.dir, "..");
const MAX_LINES = 170;

/** The rooms, highest first, as ARCHITECTURE.md has them. A file imports only from lower ones, or from its own without a circle. */
const ROOMS: readonly (readonly string[])[] = [
  ["index"],
  ["command"],
  ["guard"],
  ["report"],
  ["check"],
  ["cache"],
  ["probe"],
  ["smtp", "names"],
  ["tls", "sasl"],
  ["net"],
  ["limits"],
  ["text"],
];

/** What only some files may mention. */
const RESERVED: readonly (readonly [what: RegExp, where: RegExp])[] = [
  [/\bBun\.(?:connect|listen|udpSocket)\b/, /^net\//],
  [/\bdns\b.*\blookup\b|\bdns\.(?:lookup|resolve|prefetch)/, /^names\/(?:cancellable-)?system$/],
  [/\bprocess\.exit\b/, /^command\/(?:bin|main)$/],
  [/\bprocess\.(?:stdout|stderr)\b/, /^command\/terminal$/],
  [/\bconsole\./, /^$/],
  [/\bAbortSignal\.timeout\b/, /^limits\/deadline$/],
];

/** Files that hold types, and words or arithmetic of one line, so that there is nothing to test. */
const TYPES_ALONE = [
  "cache/store",
  "check/listed",
  "check/load",
  "check/report",
  "command/guard-option-texts",
  "command/guard-options",
  "command/help-page",
  "command/option-texts",
  "guard/question",
  "guard/session",
  "guard/settings",
  "net/endpoint",
  "net/listener",
  "probe/probe",
  "smtp/attempt",
  "smtp/script",
  "smtp/terms",
];

/** Parts of a file whose tests are those of the whole. */
const TESTED_WITH: Readonly<Record<string, string>> = {
  "report/perfdata": "report/nagios",
  "cache/inquiry": "cache/cache",
  "check/means": "check/run",
  "command/bin": "end-to-end/usage",
  "command/values": "command/command",
  "report/nagios-status": "report/nagios",
  "command/on-demand": "command/main-reports",
  "command/doctor": "end-to-end/doctor",
  "check/ask": "check/check",
  "check/exchangers": "check/server-list",
  "check/further": "check/check",
  "names/cancellable-system": "names/system",
  "check/talks": "check/check",
  "report/columns": "report/table",
  "report/json-dialogue": "report/json",
  "report/stages": "report/explain",
  "smtp/refusal": "smtp/conversation",
  "smtp/line": "smtp/dialogue",
  "smtp/reply-line": "smtp/reply",
  "smtp/stopwatch": "smtp/conversation",
  "smtp/ear": "smtp/conversation",
  "net/handlers": "net/connection",
  "command/print": "command/main",
  "command/filter": "end-to-end/serve",
  "command/guard-help": "end-to-end/serve",
  "command/guard-run": "end-to-end/serve",
  "command/serve": "end-to-end/serve",
  "command/standard-session": "end-to-end/serve",
  "command/system-log": "end-to-end/serve",
  "command/sub-commands": "end-to-end/serve",
  "guard/asked": "guard/guard",
  "guard/brain": "end-to-end/serve",
  "guard/mail-health": "guard/health",
  "guard/finding": "guard/visit",
  "guard/slowness": "guard/health",
  "guard/inquiries": "guard/inquiry",
  "guard/listening": "end-to-end/serve",
  "guard/patron": "end-to-end/serve",
  "guard/relief": "guard/guard",
  "guard/rules-files": "end-to-end/serve",
  "net/server": "end-to-end/serve",
  "probe/waiter": "probe/shared-attempt",
  "check/dialogue-values": "check/dialogue-options",
  "tls/trust": "tls/judge",
};

/** What a run that was not asked for it does not load. */
const LOADED_WHEN_NEEDED = [
  "command/on-demand",
  "command/help",
  "command/help-page",
  "command/wait",
  "command/dialogue",
  "command/sub-commands",
  "command/doctor",
  "guard/doctor/diagnosis",
  "check/further",
  "check/dialogue-options",
  "check/dialogue-talks",
  "smtp/dialogue",
  "smtp/authenticate",
  "sasl/mechanisms",
  "tls/handshake",
  "report/table",
  "report/json",
  "report/nagios",
  "cache/open-cache",
  "cache/sqlite/store",
];

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

/** The room in which a file stands; index.ts is one of its own. */
function roomOf(name: string): string {
  return name.split("/")[0] ?? name;
}

function levelOf(name: string): number {
  return ROOMS.findIndex((level) => level.includes(roomOf(name)));
}

function namesOf(isMeant: (source: Source) => boolean): readonly string[] {
  return sources.filter(isMeant).map(({ name }) => name);
}

test("the sources are found, and their imports", () => {
  expect(sources.find(({ name }) => name === "index")?.imports).toContain("check/check");
  expect(sources.find(({ name }) => name === "smtp/line")?.imports).toContain("net/connection");
  expect(sources.find(({ name }) => name === "command/main")?.imports).toContain("command/on-demand");
});

test("every source file stands in a room, and every room has one", () => {
  const rooms = new Set(sources.map(({ name }) => roomOf(name)));
  expect(ROOMS.flat().toSorted()).toEqual([...rooms].toSorted());
});

test("no file imports from a higher room", () => {
  const upward = sources.flatMap(({ name, imports }) =>
    imports.filter((other) => levelOf(other) < levelOf(name)).map((other) => `${name} imports ${other}`),
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
    "cache/sqlite/connection: bun:sqlite",
    "cache/sqlite/file: bun:sqlite",
    "cache/sqlite/layout: bun:sqlite",
    "cache/sqlite/store: bun:sqlite",
    "command/help: citty",
    "command/main: ../../package.json",
    "guard/file-memory: bun:sqlite",
    "names/channels: node:dns/promises",
    "names/name-servers: node:dns/promises",
    "tls/certificate: node:crypto",
    "tls/handshake: node:crypto",
    "tls/judge: node:crypto",
    "tls/trust: node:crypto",
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
  await visit(join(ROOT, "src/command/main.ts"));
  expect(foreign).toEqual([]);
  const read = [...seen].map((path) => nameOf(relative(join(ROOT, "src"), path)));
  expect(read).toContain("smtp/conversation");
  for (const name of LOADED_WHEN_NEEDED) expect(read).not.toContain(name);
});

test("ARCHITECTURE.md has a row for every source file, in its room, and the rooms in the order held here", async () => {
  const text = await Bun.file(join(ROOT, "ARCHITECTURE.md")).text();
  const rows = [...text.matchAll(/^\| `([^`]+)\.ts` \| ./gm)].map(([, name = ""]) => name);
  expect(rows.toSorted()).toEqual(namesOf(({ name }) => name !== "index").toSorted());
  const [, line = ""] = /^ {4}(index › .*)$/m.exec(text) ?? [];
  expect(line).toBe(ROOMS.map((level) => level.join(", ")).join(" › "));
});

test("citty is the only dependency at run time", () => {
  expect(Object.keys(dependencies)).toEqual(["citty"]);
});
