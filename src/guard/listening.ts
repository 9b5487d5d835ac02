import { pause } from "../limits/abort.ts";
import { descriptorRoom } from "../limits/descriptors.ts";
import { type Client, type ClientListener, listenAt, type Place, type Server } from "../net/server.ts";
import { explainSystemError } from "../text/system-error.ts";
import type { DecisionLog } from "./decision-log.ts";
import type { ListenAddress } from "./listen-address.ts";
import { Patron } from "./patron.ts";
import type { Decide } from "./question.ts";
import type { OpenSession } from "./session.ts";
import { cannotListen, identityOf, makeSocket, makeWay } from "./unix-socket.ts";

/** A client that says nothing is kept for so long at least: Postfix keeps connections for 1,000 s. */
const IDLE_MS = 1_200_000;
const SWEEP_MS = 60_000;
/** Descriptors left for probes and lookups, as a share of those there are; and clients that are served in any case. */
const PROBE_SHARE = 0.25;
const LEAST_CLIENTS = 2;

/** Where one protocol is spoken. */
export interface Mouth {
  readonly address: Exclude<ListenAddress, { kind: "stdio" }>;
  readonly open: OpenSession;
}

/** What all mouths have in common. */
export interface ListenTerms {
  readonly decide: Decide;
  readonly log: DecisionLog;
}

/** Listens at all addresses, and keeps the sessions of those who come. */
export class Listening {
  readonly #terms: ListenTerms;
  readonly #patrons = new Set<Patron>();
  readonly #servers: { readonly server: Server; readonly path?: string; readonly identity?: string }[] = [];
  readonly #maxClients = Math.max(LEAST_CLIENTS, Math.floor(descriptorRoom() * (1 - PROBE_SHARE)));
  readonly #sweep = setInterval(() => this.#closeIdle(), SWEEP_MS).unref();

  constructor(terms: ListenTerms) {
    this.#terms = terms;
  }

  /**
   * Listens; resolves to where that is, with the port that was found free.
   * @throws {ListenError} when it cannot.
   */
  async add({ address, open }: Mouth): Promise<string> {
    const accept = (client: Client) => this.#accept(client, open);
    if (address.kind !== "unix") {
      const server = listenOrTell(address, accept);
      this.#servers.push({ server });
      return render(address.kind === "inet" ? { ...address, port: server.port ?? address.port } : address);
    }
    const { path } = address;
    await makeWay(path);
    const server = makeSocket(address, () => listenAt({ kind: "unix", path }, accept));
    this.#servers.push({ server, path, identity: identityOf(path) ?? "" });
    return path;
  }

  /** Listens no longer, and lets go of every client that waits for no answer, and of the others when they have theirs, or after a while. */
  async stop(withinMs: number): Promise<void> {
    clearInterval(this.#sweep);
    for (const { server, path, identity } of this.#servers)
      if (path === undefined || identityOf(path) === identity) server.stop();
    const gone = [...this.#patrons].map((patron) => patron.leaveWhenAnswered());
    const late = new AbortController();
    await Promise.race([Promise.all(gone), pause(withinMs, late.signal)]);
    late.abort();
    for (const patron of this.#patrons) patron.cut();
  }

  #accept(client: Client, open: OpenSession): ClientListener {
    const isRoom = this.#patrons.size < this.#maxClients || this.#makeRoom();
    const patron = new Patron(client, open, this.#terms, () => this.#patrons.delete(patron));
    if (isRoom) this.#patrons.add(patron);
    else patron.cut();
    return patron;
  }

  /** Who has been idle for longest goes: Postfix comes again at once, and loses nothing. False where all wait for an answer. */
  #makeRoom(): boolean {
    const nowMs = performance.now();
    let idlest: Patron | undefined;
    for (const patron of this.#patrons)
      if (patron.isIdle(nowMs) && patron.heardAtMs < (idlest?.heardAtMs ?? Number.POSITIVE_INFINITY))
        idlest = patron;
    idlest?.cut();
    return idlest !== undefined;
  }

  #closeIdle(): void {
    const nowMs = performance.now();
    for (const patron of this.#patrons)
      if (patron.isIdle(nowMs) && nowMs - patron.heardAtMs > IDLE_MS) patron.cut();
  }
}

function listenOrTell(place: Place, accept: (client: Client) => ClientListener): Server {
  try {
    return listenAt(place, accept);
  } catch (error) {
    const isNone = place.kind === "descriptor";
    throw cannotListen(render(place), isNone ? "no socket was handed over there" : explainSystemError(error));
  }
}

function render(place: Place): string {
  switch (place.kind) {
    case "unix":
      return place.path;
    case "inet":
      return `${place.host}:${place.port}`;
    case "descriptor":
      return `descriptor ${place.descriptor}`;
  }
}
