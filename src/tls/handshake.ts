import { codeOf } from "../text/errors.ts";
import { describeCertificate } from "./certificate.ts";
import type { TlsFacts } from "./facts.ts";
import { explainHandshake, isAboutCertificate } from "./handshake-failure.ts";
import { isVerified, judge } from "./judge.ts";
import { leadsToAuthority } from "./trust.ts";

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

/** Reads what a handshake came to, whether its certificate is good for the name (undefined for none to ask for, and these
 * authorities, undefined for the usual) or not; a text says why it failed. */
export function readHandshake(
  { socket, success, complaint }: Handshake,
  name: string | undefined,
  ca: readonly string[] | undefined,
): TlsFacts | string {
  if (!success && !isAboutCertificate(complaint)) return explainHandshake(complaint);
  try {
    return readFacts(socket, complaint, name, ca);
  } catch {
    return "its certificates cannot be read";
  }
}

/** @throws what the system says of a certificate that it cannot decode: a server may send anything. */
function readFacts(
  socket: SecuredSocket,
  complaint: unknown,
  name: string | undefined,
  ca: readonly string[] | undefined,
): TlsFacts {
  const { X509Certificate } = process.getBuiltinModule("node:crypto");
  const sent = [...linksOf(peerOf(socket))].map((raw) => new X509Certificate(raw));
  const chain = sent.map(describeCertificate);
  const code = complaint === null || complaint === undefined ? undefined : (codeOf(complaint) ?? "UNKNOWN");
  const isTrusted = () => {
    const { getCACertificates } = process.getBuiltinModule("node:tls");
    return leadsToAuthority(sent, ca ?? getCACertificates("default"));
  };
  const isRootAdded = chain.length > 1 && chain.at(-1)?.isSelfSigned === true && isVerified(code, isTrusted);
  const { standardName, name: cipher } = socket.getCipher() as { standardName?: string; name: string };
  return {
    protocol: socket.getTLSVersion(),
    cipher: standardName ?? cipher,
    chain: isRootAdded ? chain.slice(0, -1) : chain,
    faults: judge({ chain, leaf: sent[0], code, isTrusted, name, nowMs: Date.now() }),
  };
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
