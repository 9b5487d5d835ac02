import { join } from "node:path";

/** The README, whole. */
export const readme = await Bun.file(join(import.meta.dir, "../README.md")).text();

/** What stands under a heading, up to the next one. */
export function section(title: string): string {
  return readme.split(/^#+ /m).find((part) => part.startsWith(`${title}\n`)) ?? "";
}

/** One of a section's blocks in a language, the first unless told. */
export function block(language: string, title: string, at = 0): string {
  const blocks = [...section(title).matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)];
  return blocks.filter(([, its]) => its === language)[at]?.[2] ?? "";
}

/** The commands of a console block, each with what it prints. A command goes on while its lines are indented. */
export function session(
  title: string,
  at = 0,
): readonly { readonly command: string; readonly output: string }[] {
  const parts = block("console", title, at).split(/^\$ /m).slice(1);
  return parts.map((part) => {
    const [command = ""] = /^.*\n(?: {4}.*\n)*/.exec(part) ?? [];
    return { command, output: part.slice(command.length) };
  });
}
