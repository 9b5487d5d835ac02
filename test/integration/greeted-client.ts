/** Connects to a mail server and resolves once it has said something; disposing the client closes the connection. */
export async function greetedClient(port: number): Promise<Disposable> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: { data: () => resolve(), close: () => reject(new Error(`Nothing was said on port ${port}`)) },
  });
  await promise;
  return { [Symbol.dispose]: () => void socket.end() };
}
