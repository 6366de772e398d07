import type { Clock } from '../../../src/lib/clock.ts';
import type { Use } from './entry.ts';
import { createSizes } from './scan.ts';
import { createSpeed } from './speed.ts';
import { countedSize, walk } from './walk.ts';

/** The first objects of a bucket. */
export interface Sample {
  readonly bytes: bigint;
  readonly objects: bigint;
  /** There are no others. */
  readonly whole: boolean;
}

const OBJECTS = 100;
const TOLERATED_BYTES = 64n * 1024n * 1024n;

/** @throws what `walk` throws. */
export async function sample(directory: string, clock: Clock, signal: AbortSignal): Promise<Sample> {
  const sizesOf = createSizes(createSpeed(clock));
  let [bytes, objects] = [0n, 0];
  for await (const { directory: below, names } of walk(directory, signal)) {
    const wanted = names.slice(0, OBJECTS - objects);
    const sizes = await sizesOf(`${directory}/${below}`, wanted);
    for (const [index, found] of sizes.entries()) {
      const size = countedSize(`/${wanted[index]}`, found);
      bytes += BigInt(size ?? 0);
      if (size !== undefined) objects++;
    }
    if (wanted.length < names.length) return { bytes, objects: BigInt(objects), whole: false };
  }
  return { bytes, objects: BigInt(objects), whole: true };
}

/**
 * Whether the numbers of a bucket are off by more than a tenth, or 64 MiB. Of a bucket with more objects than the sample
 * it can only be said that the numbers are too low.
 */
export function isOff(use: Pick<Use, 'usedBytes' | 'objects'>, { bytes, objects, whole }: Sample): boolean {
  const missing = { bytes: bytes - use.usedBytes, objects: objects - use.objects };
  if (!whole && missing.bytes <= 0n && missing.objects <= 0n) return false;
  const amount = (difference: bigint): bigint => (difference > 0n ? difference : whole ? -difference : 0n);
  return (
    amount(missing.bytes) > TOLERATED_BYTES ||
    amount(missing.bytes) * 10n > use.usedBytes ||
    amount(missing.objects) * 10n > use.objects
  );
}
