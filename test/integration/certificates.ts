import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A key and the certificates that a server sends, files in PEM. */
export interface Identity {
  readonly key: string;
  /** The certificate, and behind it what is sent along. */
  readonly chain: string;
  /** Key and chain in one file. */
  readonly all: string;
}

/** Certificates made for one test file; disposing them removes them. */
export interface Certificates extends AsyncDisposable {
  /** The private authority's certificate. */
  readonly authority: string;
  /** Of that authority, for mx.test and 127.0.0.1, sent with the authority's own (ECDSA P-256). */
  readonly good: Identity;
  /** The same with an RSA key. */
  readonly rsa: Identity;
  /** The good one without the authority's. */
  readonly alone: Identity;
  readonly selfSigned: Identity;
}

const ECDSA = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
const RSA = ["-newkey", "rsa:2048"];
const NAMES = "subjectAltName=DNS:mx.test,IP:127.0.0.1";

/** Makes them with the openssl command (3.0 or later). */
export async function makeCertificates(): Promise<Certificates> {
  const folder = await mkdtemp(join(tmpdir(), "smtpdcheck-certificates-"));
  const at = (name: string) => join(folder, name);
  const authority = await makeOne(at("authority"), "/CN=Private CA", ECDSA, [
    "basicConstraints=critical,CA:TRUE",
    "keyUsage=critical,keyCertSign,cRLSign",
  ]);
  const signed = ["-CA", authority.chain, "-CAkey", authority.key];
  const ends = ["basicConstraints=critical,CA:FALSE", NAMES];
  const alone = await makeOne(at("alone"), "/CN=mx.test", [...ECDSA, ...signed], ends);
  const rsaAlone = await makeOne(at("rsa-alone"), "/CN=mx.test", [...RSA, ...signed], ends);
  return {
    authority: authority.chain,
    good: await withIssuer(at("good"), alone, authority),
    rsa: await withIssuer(at("rsa"), rsaAlone, authority),
    alone,
    selfSigned: await makeOne(at("self-signed"), "/CN=mx.test", ECDSA, ends),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** What this machine lacks to make certificates; undefined if nothing. */
export function lackingOpenssl(): string | undefined {
  return Bun.which("openssl") === null ? "openssl is not installed" : undefined;
}

async function makeOne(
  base: string,
  subject: string,
  how: readonly string[],
  extensions: readonly string[],
): Promise<Identity> {
  const identity = filesOf(base);
  const files = ["-nodes", "-keyout", identity.key, "-out", identity.chain];
  const added = extensions.flatMap((each) => ["-addext", each]);
  const argv = ["openssl", "req", "-x509", "-days", "30", "-subj", subject, ...how, ...files, ...added];
  const child = Bun.spawn(argv, { stdin: "ignore", stdout: "ignore", stderr: "pipe" });
  if ((await child.exited) !== 0) throw new Error(`${argv.join(" ")}: ${await child.stderr.text()}`);
  await write(identity.all, identity.key, identity.chain);
  return identity;
}

async function withIssuer(base: string, leaf: Identity, issuer: Identity): Promise<Identity> {
  const identity = { ...filesOf(base), key: leaf.key };
  await write(identity.chain, leaf.chain, issuer.chain);
  await write(identity.all, identity.key, identity.chain);
  return identity;
}

function filesOf(base: string): Identity {
  return { key: `${base}.key`, chain: `${base}.pem`, all: `${base}.all` };
}

async function write(file: string, ...parts: readonly string[]): Promise<void> {
  const texts = await Promise.all(parts.map((part) => Bun.file(part).text()));
  await Bun.write(file, texts.join(""));
}
