import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What a server needs to be somebody, in PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** What a certificate is to say. */
export interface CertificateWish {
  /** Distinguished name, as openssl writes it: `/CN=mx.test`. */
  readonly subject: string;
  /** subjectAltName: `DNS:mx.test`, `IP:127.0.0.1`. */
  readonly names?: readonly string[];
  /** Who signs it; itself when left out. */
  readonly issuer?: Identity;
  readonly isAuthority?: boolean;
  readonly keyType?: keyof typeof KEY_OPTIONS;
  /** Days from now, negative for the past. */
  readonly fromDays?: number;
  readonly toDays?: number;
  /** More lines of X.509 extensions. */
  readonly extensions?: string;
}

const DAY_MS = 86_400_000;
const KEY_OPTIONS = {
  ec: ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"],
  rsa: ["-newkey", "rsa:2048"],
  ed25519: ["-newkey", "ed25519"],
  /** Two that BoringSSL cannot read. */
  ed448: ["-newkey", "ed448"],
  secp256k1: ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"],
} as const;
const CONFIG = `
[ca]
default_ca = here
[here]
database = index.txt
new_certs_dir = .
serial = serial
default_md = default
policy = anything
unique_subject = no
[anything]
commonName = optional
organizationName = optional
`;

/** Makes a certificate with its key, by the `openssl` command; what it writes is gone afterwards. */
export function makeCertificate(wish: CertificateWish): Identity {
  const { subject, names = [], issuer, isAuthority = false, keyType = "ec" } = wish;
  const folder = mkdtempSync(join(tmpdir(), "certificates-"));
  const openssl = (...args: readonly string[]) => {
    const { exitCode, stderr } = Bun.spawnSync(["openssl", ...args], { cwd: folder, stdin: "ignore" });
    if (exitCode !== 0) throw new Error(`openssl ${args.join(" ")}: ${stderr}`);
  };
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  try {
    write("config", CONFIG);
    write("index.txt", "");
    write("serial", `${Buffer.from(crypto.getRandomValues(new Uint8Array(8))).toString("hex")}\n`);
    write("extensions", extensionsOf(isAuthority, names, wish.extensions));
    openssl(
      ...["req", "-new", "-nodes", "-keyout", "key.pem", "-out", "request.pem", "-subj", subject],
      ...KEY_OPTIONS[keyType],
    );
    if (issuer !== undefined) {
      write("issuer.pem", issuer.cert);
      write("issuer-key.pem", issuer.key);
    }
    openssl(
      ...["ca", "-batch", "-notext", "-preserveDN", "-config", "config", "-in", "request.pem"],
      ...["-out", "cert.pem", "-extfile", "extensions"],
      ...["-startdate", timeIn(wish.fromDays ?? -1), "-enddate", timeIn(wish.toDays ?? 30)],
      ...(issuer === undefined
        ? ["-selfsign", "-keyfile", "key.pem"]
        : ["-cert", "issuer.pem", "-keyfile", "issuer-key.pem"]),
    );
    const read = (name: string) => readFileSync(join(folder, name), "utf8");
    return { cert: read("cert.pem"), key: read("key.pem") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function extensionsOf(isAuthority: boolean, names: readonly string[], more = ""): string {
  const lines = [
    `basicConstraints = critical, CA:${isAuthority ? "TRUE" : "FALSE"}`,
    ...(isAuthority ? ["keyUsage = critical, keyCertSign, cRLSign"] : []),
    ...(names.length === 0 ? [] : [`subjectAltName = ${names.join(", ")}`]),
    more,
  ];
  return lines.join("\n");
}

/** As openssl-ca(1) reads times: YYYYMMDDHHMMSSZ. */
function timeIn(days: number): string {
  return `${new Date(Date.now() + days * DAY_MS).toISOString().replace(/\D/g, "").slice(0, 14)}Z`;
}

const MX: CertificateWish = { subject: "/CN=mx.test", names: ["DNS:mx.test"] };

/** What {@link identity} makes. */
export type IdentityName =
  | "root"
  | "privateRoot"
  | "intermediate"
  | "expiredIntermediate"
  | "good"
  | "rsa"
  | "ed25519"
  | "expired"
  | "notYetValid"
  | "selfSigned"
  | "expiredSelfSigned"
  | "otherName"
  | "expiredOtherName"
  | "wildcard"
  | "commonNameAlone"
  | "address"
  | "addressAsName"
  | "privateLeaf"
  | "privateOtherName"
  | "leaf"
  | "expiredLeaf"
  | "leafOfExpired";

const WISHES: Readonly<Record<IdentityName, () => CertificateWish>> = {
  /** The authority that tests trust. */
  root: () => ({ subject: "/CN=Test Root", isAuthority: true, toDays: 3_650 }),
  /** One that nobody trusts. */
  privateRoot: () => ({ subject: "/CN=Private Root/O=Private", isAuthority: true, toDays: 3_650 }),
  intermediate: () => ({ subject: "/CN=Test Intermediate", isAuthority: true, issuer: identity("root") }),
  expiredIntermediate: () => ({
    subject: "/CN=Old Intermediate",
    isAuthority: true,
    issuer: identity("root"),
    fromDays: -20,
    toDays: -5,
  }),
  good: () => ({ ...MX, issuer: identity("root") }),
  rsa: () => ({ ...MX, issuer: identity("root"), keyType: "rsa" }),
  ed25519: () => ({ ...MX, issuer: identity("root"), keyType: "ed25519" }),
  expired: () => ({ ...MX, issuer: identity("root"), fromDays: -30, toDays: -3.5 }),
  notYetValid: () => ({ ...MX, issuer: identity("root"), fromDays: 2.5, toDays: 30 }),
  selfSigned: () => MX,
  expiredSelfSigned: () => ({ ...MX, fromDays: -30, toDays: -3.5 }),
  otherName: () => ({ subject: "/CN=other.test", names: ["DNS:other.test"], issuer: identity("root") }),
  expiredOtherName: () => ({
    subject: "/CN=other.test",
    names: ["DNS:other.test", "DNS:www.other.test"],
    issuer: identity("root"),
    fromDays: -30,
    toDays: -3.5,
  }),
  wildcard: () => ({ subject: "/CN=wild", names: ["DNS:*.wild.test"], issuer: identity("root") }),
  commonNameAlone: () => ({ subject: "/CN=mx.test", issuer: identity("root") }),
  address: () => ({
    subject: "/CN=address",
    names: ["IP:127.0.0.1", "IP:::1"],
    issuer: identity("root"),
  }),
  addressAsName: () => ({ subject: "/CN=127.0.0.1", names: ["DNS:127.0.0.1"], issuer: identity("root") }),
  privateLeaf: () => ({ ...MX, issuer: identity("privateRoot") }),
  privateOtherName: () => ({
    subject: "/CN=other.test",
    names: ["DNS:other.test"],
    issuer: identity("privateRoot"),
  }),
  /** Signed by the intermediate, which is for the test to send along or not. */
  leaf: () => ({ ...MX, issuer: identity("intermediate") }),
  expiredLeaf: () => ({ ...MX, issuer: identity("intermediate"), fromDays: -9, toDays: -3.5 }),
  leafOfExpired: () => ({ ...MX, issuer: identity("expiredIntermediate") }),
};

const made = new Map<IdentityName, Identity>();

/** One of the certificates that tests want most, made once in this process. */
export function identity(name: IdentityName): Identity {
  const known = made.get(name) ?? makeCertificate(WISHES[name]());
  made.set(name, known);
  return known;
}

/** An identity that sends these certificates along. */
export function withChain({ cert, key }: Identity, ...issuers: readonly Identity[]): Identity {
  return { cert: [cert, ...issuers.map((issuer) => issuer.cert)].join(""), key };
}
