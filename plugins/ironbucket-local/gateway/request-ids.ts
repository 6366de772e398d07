import { batchedRandom } from '../batched-random.ts';

/** Sixteen hexadecimal digits each. */
export function createRequestIds(random: (bytes: number) => Uint8Array): () => string {
  const draw = batchedRandom(random);
  return () => Buffer.from(draw(8)).toString('hex').toUpperCase();
}
