import { lstat, lstatSync, type Stats } from 'node:fs';
import type { Clock } from '../../../src/lib/clock.ts';
import { isAbsent } from '../disk.ts';
import { createSpeed, type Speed } from './speed.ts';
import { type Batch, countedSize, walk } from './walk.ts';

export interface ScanResult {
  readonly bytes: bigint;
  readonly objects: bigint;
}

/**
 * Counts the objects that `walk` finds below `directory`, with their logical sizes. It throws what `walk` throws.
 *
 * @param speed of the storage, when other buckets of it were looked at before
 */
export async function scan(
  directory: string,
  clock: Clock,
  signal: AbortSignal,
  speed: Speed = createSpeed(clock),
): Promise<ScanResult> {
  const total = { bytes: 0n, objects: 0n };
  for await (const { sizes } of walkSizes(directory, speed, signal)) {
    // At most 128 files of 16 TiB: a sum that a number holds.
    let [bytes, objects] = [0, 0];
    for (const size of sizes) {
      if (size === undefined) continue;
      bytes += size;
      objects++;
    }
    total.bytes += BigInt(bytes);
    total.objects += BigInt(objects);
  }
  return total;
}

/** What `walk` finds, with sizes in the order of the names. It throws what `walk` throws. */
export async function* walkSizes(
  root: string,
  speed: Speed,
  signal: AbortSignal,
): AsyncGenerator<Batch & { readonly sizes: readonly Size[] }> {
  const sizesOf = createSizes(speed);
  for await (const batch of ahead(walk(root, signal, speed))) {
    const sizes = await sizesOf(`${root}/${batch.directory}`, batch.names);
    yield { ...batch, sizes: sizes.map((size, index) => countedSize(`/${batch.names[index]}`, size)) };
  }
}

/** The same items, the next of which is looked for while one is used. */
async function* ahead<T>(items: AsyncGenerator<T>): AsyncGenerator<T> {
  let next = items.next();
  try {
    for (let item = await next; item.done !== true; item = await next) {
      next = items.next();
      // Looked at in its turn.
      next.catch(() => undefined);
      yield item.value;
    }
  } finally {
    await items.return(undefined);
  }
}

export type Sizes = (prefix: string, names: readonly string[]) => Promise<readonly Size[]>;
type Size = number | undefined;

/** Files that are looked up in less time than the thread pool takes to begin. */
const FEW = 16;

/**
 * Looks files up in the thread pool; while the storage is fast, only every other one of many, and the rest without it
 * meanwhile: a trip through the pool takes as long as the system does for a file that it finds in memory. But what a slow
 * disk takes must not hold up everything else.
 */
export function createSizes(speed: Speed): Sizes {
  return (prefix, names) =>
    speed.time(names.length, async () => {
      const pooled = pooledOf(names.length, speed.isFast());
      const later = Promise.all(names.slice(0, pooled).map((name) => sizeLater(prefix + name)));
      // Looked at below, also when the others fail first.
      later.catch(() => undefined);
      const sizes = names.slice(pooled).map((name) => sizeNow(prefix + name));
      sizes.unshift(...(await later));
      return sizes;
    });
}

function pooledOf(files: number, isFast: boolean): number {
  if (!isFast) return files;
  return files <= FEW ? 0 : files >> 1;
}

/** Undefined for what is absent or no regular file. */
export function sizeNow(path: string): number | undefined {
  try {
    return sizeOf(lstatSync(path, { throwIfNoEntry: false }));
  } catch (error) {
    if (isAbsent(error)) return;
    throw error;
  }
}

/** A promise around the callback takes half of what a promise of the system's takes. */
function sizeLater(path: string): Promise<Size> {
  return new Promise((resolve, reject) => {
    lstat(path, (error, stats) => {
      if (error === null) resolve(sizeOf(stats));
      else if (isAbsent(error)) resolve(undefined);
      else reject(error);
    });
  });
}

function sizeOf(stats: Stats | undefined): Size {
  return stats?.isFile() === true ? stats.size : undefined;
}
