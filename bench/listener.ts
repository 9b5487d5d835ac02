/** A listening process of the bench's own. */
export type Listener = { readonly port: number; stop(): Promise<void> };

/** Starts a process that prints the port it listens on as its first line, and that ends when its standard input does. */
export async function startListener(argv: readonly string[]): Promise<Listener> {
  const child = Bun.spawn([...argv], { stdio: ["pipe", "pipe", "inherit"] });
  for await (const chunk of child.stdout) {
    const port = Number.parseInt(new TextDecoder().decode(chunk), 10);
    return {
      port,
      async stop() {
        child.kill();
        await child.exited;
      },
    };
  }
  throw new Error(`Ended before it listened: ${argv.join(" ")}`);
}
