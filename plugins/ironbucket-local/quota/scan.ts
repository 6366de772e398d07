import { lstatSync } from 'node:fs';
import { lstat } from 'node:fs/promises';
import type { Clock } from '../../../src/lib/clock.ts';
import { codeOf } from '../disk.ts';
import { walk } from './walk.ts';

export interface ScanResult {
  readonly bytes: bigint;
  readonly objects: bigint;
}

/** Counts the objects that `walk` finds below `directory`, with their logical sizes. It throws what `walk` throws. */
export async function scan(directory: string, clock: Clock, signal: AbortSignal): Promise<ScanResult> {
  const total = { bytes: 0n, objects: 0n };
  const sizesOf = createSizes(clock);
  for await (const { directory: below, names } of walk(directory, signal)) {
    // At most 128 files of 16 TiB: a sum that a number holds.
    let [bytes, objects] = [0, 0];
    for (const size of await sizesOf(`${directory}/${below}`, names)) {
      if (size === undefined) continue;
      bytes += size;
      objects++;
    }
    total.bytes += BigInt(bytes);
    total.objects += BigInt(objects);
  }
  return total;
}

export type Sizes = (prefix: string, names: readonly string[]) => Promise<readonly Size[]>;
type Size = number | undefined;

/** What a file may take on average to be looked at in the thread of everything else: 64 files in 2 ms. */
const FAST_MS = 0.03;

/**
 * Looks files up in the thread pool, and without it while they come out of the cache: that takes half the time, but
 * must not hold up everything else while a slow disk seeks.
 */
export function createSizes(clock: Clock): Sizes {
  let fast = false;
  return async (prefix, names) => {
    const started = clock.monotonicMs();
    const sizes = fast
      ? names.map((name) => sizeNow(prefix + name))
      : await Promise.all(names.map((name) => sizeLater(prefix + name)));
    fast = clock.monotonicMs() - started < names.length * FAST_MS;
    return sizes;
  };
}

/** Undefined for what is absent or no regular file. */
export function sizeNow(path: string): number | undefined {
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    return stats?.isFile() === true ? stats.size : undefined;
  } catch (error) {
    return ignoreAbsent(error);
  }
}

async function sizeLater(path: string): Promise<number | undefined> {
  try {
    const stats = await lstat(path);
    return stats.isFile() ? stats.size : undefined;
  } catch (error) {
    return ignoreAbsent(error);
  }
}

function ignoreAbsent(error: unknown): undefined {
  const code = codeOf(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return;
  throw error;
}
