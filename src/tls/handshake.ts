import type { X509Certificate } from "node:crypto";
import { codeOf } from "../text/errors.ts";
import { describeCertificate } from "./certificate.ts";
import type { TlsFacts } from "./facts.ts";
import { explainHandshake, isAboutCertificate } from "./handshake-failure.ts";
import { isAboutNameAlone, isOfNoAuthority, judge } from "./judge.ts";
import { isAuthority, leadsToAuthority, usualAuthorities } from "./trust.ts";

/** Longest chain that is read. */
const MAX_CHAIN = 10;

/** What of a socket is needed here. */
type SecuredSocket = Pick<
  Bun.Socket<unknown>,
  "getTLSVersion" | "getCipher" | "getPeerX509Certificate" | "getPeerCertificate"
>;

/** A link of the chain as Bun gives it; it links them in the order sent, and behind them the root of a chain that it verified. */
interface Link {
  readonly raw?: Buffer;
  readonly issuerCertificate?: Link;
}

/** A handshake that is over, as a connection tells of it. */
interface Handshake {
  readonly socket: SecuredSocket;
  readonly success: boolean;
  readonly complaint: unknown;
}

/**
 * Reads what a handshake came to, whether its certificate is good for the name (undefined for none to ask for, and these
 * authorities, undefined for the usual) or not; a text says why it failed.
 */
export function readHandshake(
  { socket, success, complaint }: Handshake,
  name: string | undefined,
  ca: readonly string[] | undefined,
): TlsFacts | string {
  if (!success && !isAboutCertificate(complaint)) return explainHandshake(complaint);
  const all = certificatesOf(socket);
  const authorities = () => ca ?? usualAuthorities();
  const code = complaint === null || complaint === undefined ? undefined : (codeOf(complaint) ?? "UNKNOWN");
  const chain = withoutRoot(all, code, authorities).map(describeCertificate);
  const isTrusted = () => leadsToAuthority(all, authorities());
  const { standardName, name: cipher } = socket.getCipher() as { standardName?: string; name: string };
  return {
    protocol: socket.getTLSVersion(),
    cipher: standardName ?? cipher,
    chain,
    faults: judge({ chain, leaf: all[0], code, isTrusted, name, nowMs: Date.now() }),
  };
}

/** Bun puts the authority behind what was sent when it has found it; one that was sent cannot be told from that, and tells nothing. */
function withoutRoot(
  all: readonly X509Certificate[],
  code: string | undefined,
  authorities: () => readonly string[],
): readonly X509Certificate[] {
  const [issued, last] = all.slice(-2);
  const isRoot = last !== undefined && last.subject === last.issuer && issued?.issuer === last.subject;
  if (!isRoot || isOfNoAuthority(code)) return all;
  return isAboutNameAlone(code) || isAuthority(last, authorities()) ? all.slice(0, -1) : all;
}

/** The chain in the order sent. The class is the leaf's own: loading `node:crypto` for it takes 3 ms. */
function certificatesOf(socket: SecuredSocket): readonly X509Certificate[] {
  const leaf = socket.getPeerX509Certificate() as X509Certificate | undefined;
  if (leaf === undefined) return [];
  const Certificate = leaf.constructor as typeof X509Certificate;
  return [...linksOf(peerOf(socket))].map((raw) => new Certificate(raw));
}

/** Bun's types do not know the argument, which asks for the chain. */
function peerOf(socket: SecuredSocket): Link {
  return (socket.getPeerCertificate as (isAlone: boolean) => Link).call(socket, false);
}

function* linksOf(first: Link): Generator<Buffer> {
  let link: Link | undefined = first;
  for (let count = 0; link?.raw !== undefined && count < MAX_CHAIN; count += 1) {
    yield link.raw;
    link = link.issuerCertificate === link ? undefined : link.issuerCertificate;
  }
}
