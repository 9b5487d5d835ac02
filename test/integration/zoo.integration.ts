import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectFolder } from "../end-to-end/command.ts";
import { identity } from "../fake/certificates.ts";
import { refusedPort } from "../fake/dead-port.ts";
import { ask, type Row } from "./asked.ts";
import { lackingOpenssl } from "./certificates.ts";
import { describeNeeding } from "./requirement.ts";
import { openExhibit, ZOO } from "./zoo.ts";
import {
  furnish,
  HELO,
  type Inquiry,
  lackingTools,
  type Opinion,
  opinionOf,
  PATIENCE_S,
  RECIPIENT,
  TOOLS,
} from "./zoo-tools.ts";

setDefaultTimeout(60_000);

const AT_ONCE = 8;
const DOCUMENT = join(projectFolder, "docs/comparison.md");
/** The table stands behind it. */
const MARK = "<!-- measured by test/integration/zoo.integration.ts -->";
const NOT_ASKED = "not asked";

/** What we and the others say of one server. */
interface Finding {
  ours?: Row;
  readonly theirs: (Opinion | undefined)[];
}

const findings = new Map<string, Finding>();
let folder: string;

beforeAll(async () => {
  if (lacking() === undefined) await examine();
});

afterAll(async () => {
  if (lacking() === undefined) await rm(folder, { recursive: true, force: true });
});

describeNeeding("The zoo", lacking(), () => {
  test("has at least 40 servers", () => {
    expect(Object.keys(ZOO).length).toBeGreaterThanOrEqual(40);
  });

  for (const [label, { reason }] of Object.entries(ZOO)) {
    test(`${label}: ${reason}`, () => {
      const ours = findings.get(label)?.ours;
      const status = reason === "reached" ? "available" : "unavailable";
      expect([ours?.reason, ours?.status]).toEqual([reason, status]);
    });
  }

  test("is judged otherwise by others just as docs/comparison.md says", async () => {
    const documented = await readTable();
    expect(differences()).toEqual(documented.map(({ row }) => row));
    for (const { row, why } of documented) expect(why, row).not.toBe("");
  });
});

function lacking(): string | undefined {
  return lackingOpenssl() ?? lackingTools();
}

/** Asks every server by every client, some at a time. */
async function examine(): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), "smtpdcheck-zoo-"));
  const authority = join(folder, "authority.pem");
  await Bun.write(authority, identity("root").cert);
  await furnish(folder);
  using stack = new DisposableStack();
  const dead = stack.use(refusedPort());
  const jobs = Object.entries(ZOO).flatMap(([label, exhibit]) => {
    const { question, name = "mx.test" } = exhibit;
    const inquiry = { question, name, port: (stack.use(openExhibit(exhibit)) ?? dead).port };
    const finding: Finding = { theirs: [] };
    findings.set(label, finding);
    return [
      async () => {
        finding.ours = await askOurs(inquiry, authority);
      },
      ...TOOLS.map((tool, at) => async () => {
        finding.theirs[at] = await opinionOf(tool, inquiry, authority, folder);
      }),
    ];
  });
  const work = async () => {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) await job();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function askOurs({ question, port, name }: Inquiry, authority: string): Promise<Row> {
  const basics = ["--quit-after", question, "--helo", HELO, "--timeout", `${PATIENCE_S}`];
  const tls = ["--tls", "verify", "--tls-ca", authority, "--tls-name", name];
  const to = question === "rcpt" ? ["--to", RECIPIENT] : [];
  const { row } = await ask([...basics, ...(question === "ehlo" ? [] : tls), ...to, `127.0.0.1:${port}`]);
  return row;
}

/** A row of the table, as text, for every server of which somebody says otherwise than we. */
function differences(): readonly string[] {
  return [...findings].flatMap(([label, { ours, theirs }]) => {
    const isUp = ours?.status === "available";
    if (theirs.every((opinion) => opinion === undefined || opinion.isGood === isUp)) return [];
    return [[label, ours?.reason, ...theirs.map((opinion) => opinion?.words ?? NOT_ASKED)].join(" | ")];
  });
}

async function readTable(): Promise<readonly { readonly row: string; readonly why: string }[]> {
  const [, measured = ""] = (await Bun.file(DOCUMENT).text()).split(MARK);
  const [, , ...lines] = measured.split("\n").filter((line) => line.startsWith("|"));
  return lines.map((line) => {
    const cells = line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll("`", ""));
    return { row: cells.slice(0, -1).join(" | "), why: cells.at(-1) ?? "" };
  });
}
