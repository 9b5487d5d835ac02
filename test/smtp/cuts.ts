/** The octets whole, and cut in two at each position. */
export function everyCut(octets: Uint8Array): readonly (readonly Uint8Array[])[] {
  return everyCutUpTo(octets, 1);
}

/** The octets whole, and cut at each position and at each pair of positions. */
export function everyPairOfCuts(octets: Uint8Array): readonly (readonly Uint8Array[])[] {
  return everyCutUpTo(octets, 2);
}

/** The octets one at a time. */
export function octetByOctet(octets: Uint8Array): readonly Uint8Array[] {
  return Array.from(octets, (octet) => Uint8Array.of(octet));
}

function everyCutUpTo(octets: Uint8Array, cuts: number): readonly (readonly Uint8Array[])[] {
  if (cuts === 0) return [[octets]];
  const later = Array.from({ length: Math.max(0, octets.length - 1) }, (_, at) => at + 1).flatMap((at) =>
    everyCutUpTo(octets.subarray(at), cuts - 1).map((pieces) => [octets.subarray(0, at), ...pieces]),
  );
  return [[octets], ...later];
}
