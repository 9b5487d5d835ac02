import type { Report } from "../check/report.ts";
import { type ServerReport, type Status, statusOf } from "../probe/outcome.ts";
import { QUIT_STAGES, type Stage } from "../smtp/attempt.ts";
import { cleanText } from "../text/clean-text.ts";
import { validity } from "../tls/facts.ts";
import { renderTarget } from "./render-target.ts";
import { stagesMsOf } from "./stages.ts";

/** One column of a table for people. */
export interface Column {
  readonly heading: string;
  readonly isRight: boolean;
  /** When a terminal that is too narrow goes without it, the lowest first; null for one that is always shown. */
  readonly dropped: number | null;
  /** Whether it is the server's name, which may be cut, or the verdict, which is painted. */
  readonly role?: "server" | "verdict";
  cell(report: ServerReport): string;
}

const NOTHING = "-";

/** Tells the verdicts apart where there are no colours. */
const MARKS: Readonly<Record<Status, string>> = {
  available: "+",
  unavailable: "!",
  undetermined: "?",
  skipped: NOTHING,
};

const STAGE_HEADINGS: Readonly<Record<Stage, string>> = {
  dns: "DNS ms",
  connect: "Conn ms",
  greeting: "Greet ms",
  ehlo: "EHLO ms",
  starttls: "TLS ms",
  auth: "Auth ms",
  mail: "MAIL ms",
  rcpt: "RCPT ms",
};

const PREFERENCE: Column = {
  heading: "Pref",
  isRight: true,
  dropped: 101,
  cell: ({ target }) => (target.preference === null ? NOTHING : String(target.preference)),
};
const SERVER: Column = {
  heading: "Server",
  isRight: false,
  dropped: null,
  role: "server",
  cell: ({ target }) => renderTarget(target),
};
const ADDRESS: Column = {
  heading: "Address",
  isRight: false,
  dropped: 100,
  cell: ({ address }) => cleanText(address ?? NOTHING),
};
const VERDICT: Column = {
  heading: "Verdict",
  isRight: false,
  dropped: null,
  role: "verdict",
  cell({ outcome }) {
    const status = statusOf(outcome);
    return `${MARKS[status]} ${status}`;
  },
};
const TLS: Column = {
  heading: "TLS",
  isRight: false,
  dropped: 50,
  cell: ({ dialogue }) => cleanText(dialogue?.tls?.protocol.replace("TLSv", "") ?? NOTHING),
};

/** The columns that matter for the stage asked: the milliseconds of each stage through it, and where there is TLS what it is. */
export function columnsOf({ quitAfter, servers }: Report, nowMs: number): readonly Column[] {
  const stages: readonly Stage[] = [
    "dns",
    "connect",
    ...QUIT_STAGES.slice(0, QUIT_STAGES.indexOf(quitAfter) + 1),
  ];
  const timed = stages.filter((stage) =>
    stage !== "starttls" && stage !== "auth"
      ? true
      : servers.some((server) => stagesMsOf(server)[stage] !== null),
  );
  const times = timed.map((stage, at) => timeColumn(stage, at));
  const isSecured = servers.some(({ dialogue }) => dialogue?.tls);
  return [
    PREFERENCE,
    SERVER,
    ADDRESS,
    VERDICT,
    ...times,
    ...(isSecured ? [TLS, certificateColumn(nowMs)] : []),
  ];
}

function timeColumn(stage: Stage, at: number): Column {
  return {
    heading: STAGE_HEADINGS[stage],
    isRight: true,
    dropped: at,
    cell(report) {
      const ms = stagesMsOf(report)[stage];
      return ms === null ? NOTHING : ms.toFixed(1);
    },
  };
}

function certificateColumn(nowMs: number): Column {
  return {
    heading: "Cert days",
    isRight: true,
    dropped: 51,
    cell({ dialogue }) {
      const [certificate] = dialogue?.tls?.chain ?? [];
      return certificate === undefined ? NOTHING : String(Math.floor(validity(certificate, nowMs).daysLeft));
    },
  };
}
