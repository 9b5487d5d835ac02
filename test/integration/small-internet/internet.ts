import type { Zone } from "../../fake/zone.ts";
import { visit } from "./bot.ts";
import { type NameServer, startNameServer, zoneOf } from "./name-server.ts";
import { makeNetwork, type Network } from "./network.ts";
import { type MailServer, type PostfixOptions, startPostfix } from "./postfix.ts";
import type { Relay } from "./relay.ts";

/** A network with a name server that runs; everything else is started in it by a test. */
export interface Internet extends Network {
  readonly names: NameServer;
}

/** The hosts and their addresses: mail exchangers, senders, one that has twenty addresses, one without IPv4, a bot. */
export const ADDRESSES = {
  ns: ["198.51.100.53", "2001:db8::53"],
  mx1: ["198.51.100.11", "2001:db8::11"],
  mx2: ["198.51.100.12", "2001:db8::12"],
  mx3: ["198.51.100.13", "2001:db8::13"],
  store: ["198.51.100.79"],
  sender: ["203.0.113.1", "2001:db8:1::1"],
  pool: Array.from({ length: 20 }, (_, index) => `203.0.113.${101 + index}`),
  six: ["2001:db8:6::1"],
  bot: ["203.0.113.66", "203.0.113.67", "2001:db8:1::66"],
} as const;

const NAMES = {
  "mx1.example.test": ADDRESSES.mx1,
  "mx2.example.test": ADDRESSES.mx2,
  "mx3.example.test": ADDRESSES.mx3,
  "out.client.test": ADDRESSES.sender,
  "out.six.test": ADDRESSES.six,
  "bot.test": ADDRESSES.bot,
  ...Object.fromEntries(ADDRESSES.pool.map((address, index) => [`out${index + 1}.pool.test`, [address]])),
};

/** What the name server says: of example.test mx1 is the primary and mx2 the secondary; mx3 is in no list. */
export const ZONE: Zone = zoneOf(NAMES, {
  "example.test": {
    MX: [
      [10, "mx1.example.test"],
      [20, "mx2.example.test"],
    ],
  },
  "client.test": { MX: [[10, "out.client.test"]] },
  "six.test": { MX: [[10, "out.six.test"]] },
});

/** Makes the network and starts its name server. */
export async function makeInternet(): Promise<Internet> {
  const network = await makeNetwork(ADDRESSES, ADDRESSES.ns);
  try {
    const names = await startNameServer(network.host("ns"), ZONE);
    return {
      ...network,
      names,
      async [Symbol.asyncDispose]() {
        await names[Symbol.asyncDispose]();
        await network[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await network[Symbol.asyncDispose]();
    throw error;
  }
}

/** Starts the primary of example.test, which keeps its mail; postscreen stands in front. */
export function startPrimary({ host }: Internet, options: Partial<PostfixOptions> = {}): Promise<MailServer> {
  return startPostfix(host("mx1"), {
    name: "mx1.example.test",
    mailboxesOf: "example.test",
    hasPostscreen: true,
    ...options,
  });
}

/** Starts the secondary of example.test, which asks this policy service at RCPT, such as `inet:127.0.0.1:10040`. */
export function startSecondary(
  { host }: Internet,
  policyService: string,
  { main = "", ...options }: Partial<PostfixOptions> = {},
): Promise<MailServer> {
  const relay = `
relay_domains = example.test
smtpd_recipient_restrictions = reject_unlisted_recipient, check_policy_service ${policyService}
${main}`;
  return startPostfix(host("mx2"), { name: "mx2.example.test", main: relay, ...options });
}

/** Starts the sender, which takes mail from its own host and keeps what bounces to client.test. */
export function startSender({ host }: Internet, options: Partial<PostfixOptions> = {}): Promise<MailServer> {
  return startPostfix(host("sender"), { name: "out.client.test", mailboxesOf: "client.test", ...options });
}

/** Hands a sender, which takes mail from its own host, a message for example.test. */
export async function submit({ host }: Relay, subject: string): Promise<void> {
  const to = host.addresses[0] ?? "";
  const message = { sender: "a@client.test", recipients: ["user@example.test"], subject };
  const [said] = await visit(host, { to, ...message });
  if (!said?.data?.startsWith("250 ")) throw new Error(`Cannot submit a message: ${JSON.stringify(said)}`);
}
