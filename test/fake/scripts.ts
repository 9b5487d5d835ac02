/** A server that greets and expects QUIT, as most do. */
export const GREETS = `
  S: 220 mx.example.test ESMTP
  C: QUIT
  S: 221 2.0.0 Bye
  (close)
`;

/** The same, but it neither answers QUIT nor closes: the end of the connection is the client's. */
export const GREETS_AND_LISTENS = `
  S: 220 mx.example.test ESMTP
  C: QUIT
`;

/** A server that has no time. */
export const BUSY = `
  S: 421 4.7.0 too busy
  C: QUIT
  S: 221 2.0.0 Bye
  (close)
`;

/** A server that accepts connections and never says anything. */
export const SILENT = "";
