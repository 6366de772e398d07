const AT_ONCE = 1024;

/** For names of requests and files, not for secrets. The system is asked for many at once: it takes as long as for a few. */
export function batchedRandom(random: (bytes: number) => Uint8Array): (bytes: number) => Uint8Array {
  let drawn = new Uint8Array(0);
  return (bytes) => {
    if (drawn.length < bytes) drawn = new Uint8Array(random(Math.max(bytes, AT_ONCE)));
    const taken = drawn.subarray(0, bytes);
    drawn = drawn.subarray(bytes);
    return taken;
  };
}
