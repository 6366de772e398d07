const BYTES = 8;
const AT_ONCE = 128;

/** Sixteen hexadecimal digits each. The system is asked for many at once: it takes as long for them as for one. */
export function createRequestIds(random: (bytes: number) => Uint8Array): () => string {
  let drawn = Buffer.alloc(0);
  return () => {
    if (drawn.length === 0) drawn = Buffer.from(random(BYTES * AT_ONCE));
    const id = drawn.subarray(0, BYTES).toString('hex').toUpperCase();
    drawn = drawn.subarray(BYTES);
    return id;
  };
}
