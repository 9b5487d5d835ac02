/** Where a connection goes: a canonical address and a TCP port. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}
