import { Ajv2020 } from "ajv/dist/2020.js";
import schema from "../../src/report/report.schema.json";

/** As much of a report as the tests read; the schema holds the rest. */
export interface JsonReport {
  readonly checkedAt: string;
  readonly verdict: string;
  readonly server: string | null;
  readonly requirement: string;
  readonly met: boolean;
  readonly servers: readonly JsonServer[];
}

/** The same of one server in it. */
interface JsonServer {
  readonly server: string;
  readonly host: string;
  readonly preference: number | null;
  readonly status: string;
  readonly stage: string | null;
  readonly reason: string;
  readonly code: number | null;
  readonly reply: string | null;
  readonly address: string | null;
  readonly attempts: readonly { readonly address: string; readonly reason: string }[];
  readonly elapsedMs: number | null;
  readonly cached: boolean;
}

const validate = new Ajv2020({
  strict: true,
  allowUnionTypes: true,
  strictRequired: false,
}).compile<JsonReport>(schema);

/**
 * Reads what `--format json` printed instead of a report.
 * @throws Error unless it is one line of clean text that answers the schema, with an error of that kind.
 */
export function readError(stdout: string, kind: string): { readonly message: string } {
  const read: unknown = readReport(stdout);
  if (typeof read === "object" && read !== null && "error" in read) {
    const { error } = read;
    if (isError(error) && error.kind === kind) return error;
  }
  throw new Error(`No error of kind ${kind}: ${stdout}`);
}

function isError(error: unknown): error is { readonly kind: unknown; readonly message: string } {
  return typeof error === "object" && error !== null && "kind" in error && "message" in error;
}

/**
 * Reads what `--format json` printed.
 * @throws Error unless it is one line of clean text that answers the schema.
 */
export function readReport(stdout: string): JsonReport {
  if (!/^[^\p{Cc}\p{Cf}\p{Cs}]+\n$/u.test(stdout))
    throw new Error(`Not one clean line: ${JSON.stringify(stdout)}`);
  const report: unknown = JSON.parse(stdout);
  if (validate(report)) return report;
  throw new Error(`Against the schema: ${JSON.stringify(validate.errors, null, 2)}\n${stdout}`);
}
