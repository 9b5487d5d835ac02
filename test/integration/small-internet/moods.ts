import type { MailServer, PostfixOptions } from "./postfix.ts";

/** What a primary says, or rather than take mail. */
export type Mood = keyof typeof MOODS;

const FILES = ["clients", "senders", "recipients"] as const;
type File = (typeof FILES)[number];

/** Which access table says what, to everybody (access(5)). */
const MOODS = {
  fine: {},
  busy: { clients: "421 4.3.2 Service shutting down" },
  closed: { clients: "554 5.3.2 No SMTP service here" },
  full: { senders: "452 4.3.1 Insufficient system storage" },
  greylisting: { recipients: "450 4.2.0 Greylisted, come again" },
  "without a postmaster": { recipients: "550 5.1.1 User unknown" },
} satisfies Readonly<Record<string, Partial<Record<File, string>>>>;

/** A primary that has moods: each connection has an smtpd of its own, which reads its tables anew. */
export const MOODY: Partial<PostfixOptions> = {
  hasPostscreen: false,
  files: Object.fromEntries(FILES.map((file) => [file, ""])),
  main: `
max_use = 1
smtpd_delay_reject = no
smtpd_client_restrictions = check_client_access regexp:$data_directory/clients
smtpd_sender_restrictions = check_sender_access regexp:$data_directory/senders
smtpd_recipient_restrictions = check_recipient_access regexp:$data_directory/recipients`,
};

/** From the next connection on. */
export async function setMood({ folder }: MailServer, mood: Mood): Promise<void> {
  const said: Partial<Record<File, string>> = MOODS[mood];
  for (const file of FILES) {
    const words = said[file];
    await folder.write(`data/${file}`, words === undefined ? "" : `/^/ ${words}\n`);
  }
}
