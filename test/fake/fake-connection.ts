import type { Socket } from "bun";

/** The server's end of one connection: what came in, and whether it is over. */
export class FakeConnection {
  received = "";
  unread = "";
  ended = false;
  played = false;
  readonly socket: Socket<FakeConnection>;
  readonly changed: Signal;

  constructor(socket: Socket<FakeConnection>, changed: Signal) {
    this.socket = socket;
    this.changed = changed;
  }

  take(octets: Uint8Array): void {
    const text = Buffer.from(octets).toString("latin1");
    this.received += text;
    this.unread += text;
    this.changed.fire();
  }

  end(): void {
    this.ended = true;
    this.changed.fire();
  }

  async send(octets: Uint8Array): Promise<void> {
    let sent = 0;
    while (sent < octets.length && !this.ended) {
      const taken = this.socket.write(octets.subarray(sent));
      if (taken < 0) return;
      sent += taken;
      if (sent < octets.length) await this.changed.next();
    }
  }

  async readLine(): Promise<string | undefined> {
    await this.changed.until(() => this.ended || this.unread.includes("\n"));
    const end = this.unread.indexOf("\n") + 1;
    if (end === 0) return undefined;
    const line = this.unread.slice(0, end);
    this.unread = this.unread.slice(end);
    return line;
  }
}

/** Wakes whoever waits for something to have become true. */
export class Signal {
  #next = Promise.withResolvers<void>();

  fire(): void {
    this.#next.resolve();
    this.#next = Promise.withResolvers<void>();
  }

  next(): Promise<void> {
    return this.#next.promise;
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await this.next();
  }
}
