import { type Addresses, parseStopHost, thisMachine } from "../check/stop-hosts.ts";
import type { AddressLookup, Resolver } from "../names/resolver.ts";
import { type Family, familyOf } from "../text/address.ts";
import type { Exchanger } from "./exchanger-list.ts";

/** What our names lead to, and which interfaces there are, is looked at again so often. */
const RENEW_MS = 300_000;
const FAMILIES: readonly Family[] = [4, 6];
const NO_ADDRESSES: Addresses = new Set<string>();

/** Who we are: by name, and by address. The address that a client is connected to is ours in any case. */
export class Self {
  readonly #given: readonly string[];
  readonly #isStopSelf: boolean;
  readonly #resolver: Resolver;
  #names: ReadonlySet<string>;
  #lookedUp: ReadonlySet<string>;
  #machine = NO_ADDRESSES;
  #generation = 0;
  #renewal: Timer | undefined;
  #isClosed = false;

  /** @throws {UsageError} when one of the stop hosts is none. */
  constructor(stop: readonly string[], isStopSelf: boolean, resolver: Resolver) {
    this.#given = stop.map(parseStopHost);
    this.#isStopSelf = isStopSelf;
    this.#resolver = resolver;
    this.#names = new Set(this.#given);
    this.#lookedUp = new Set(this.#given);
  }

  /**
   * Looks our names up, now and again until {@link close}. Resolves when that was done once, to those that cannot be
   * looked up: they are still names.
   */
  async learn(): Promise<readonly string[]> {
    const [unknown] = await Promise.all([this.#learnGiven(), this.#learnMachine()]);
    if (!this.#isClosed) this.#renewal = setTimeout(() => void this.learn(), RENEW_MS).unref();
    return unknown;
  }

  /** Another number whenever more is known of who we are. */
  get generation(): number {
    return this.#generation;
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#renewal);
  }

  /** Whether an address is one of ours; `own` is the one that the client is connected to. */
  hasAddress(address: string, own: string | undefined): boolean {
    return address === own || this.#lookedUp.has(address) || this.#machine.has(address);
  }

  /** Whether an exchanger is this machine. */
  is({ name, addresses }: Exchanger, own: string | undefined): boolean {
    const isOurs = (address: string) => this.hasAddress(address, own);
    return this.#names.has(name) || addresses[4].some(isOurs) || addresses[6].some(isOurs);
  }

  async #learnGiven(): Promise<readonly string[]> {
    const names = this.#given.filter((host) => familyOf(host) === undefined);
    const ofNames = await Promise.all(names.map((name) => this.#lookUp(name)));
    const lookups = ofNames.flat();
    const found = lookups.flatMap((lookup) => (lookup.kind === "found" ? lookup.addresses : []));
    const isSure = lookups.every(({ kind }) => kind === "found" || kind === "not-found");
    if (found.length > 0) this.#lookedUp = new Set([...(isSure ? this.#given : this.#lookedUp), ...found]);
    this.#generation += 1;
    return names.filter((_, at) => !ofNames[at]?.some(({ kind }) => kind === "found"));
  }

  /** At first the interfaces count at once, what this machine's name leads to when that is known. */
  async #learnMachine(): Promise<void> {
    if (!this.#isStopSelf) return;
    const interfaces = thisMachine(async () => []);
    this.#names = new Set([...this.#given, ...interfaces.names]);
    if (this.#machine === NO_ADDRESSES) {
      this.#machine = await interfaces.addresses;
      this.#generation += 1;
    }
    this.#machine = await thisMachine((name) => this.#lookUp(name)).addresses;
    this.#generation += 1;
  }

  #lookUp(name: string): Promise<readonly AddressLookup[]> {
    const failed = (error: unknown): AddressLookup => ({ kind: "dns-failure", cause: String(error) });
    return Promise.all(FAMILIES.map((family) => this.#resolver.addresses(name, family).catch(failed)));
  }
}
