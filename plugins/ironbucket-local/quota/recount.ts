import { join } from 'node:path';
import type { Clock } from '../../../src/lib/clock.ts';
import { untilAborted } from '../../../src/lib/until-aborted.ts';
import type { Change } from './change.ts';
import { type ScanResult, sizeNow, walkSizes } from './scan.ts';
import { createSpeed } from './speed.ts';
import { countedSize, walk } from './walk.ts';

/**
 * Counts a bucket exactly while it is written to.
 *
 * A walk cannot tell whether it passed a key before or after a write, so it keeps its sums by the hash of the key. A
 * write spoils the sum its key belongs to, and a second walk counts only what is in the spoilt ones. For those few it is
 * known at any moment which keys were counted: a write of a counted key adds its difference; a key that is met first by
 * a write is left to it and looked up when that is over. Whether a key was counted is asked, and the key looked up,
 * between two turns of the event loop with no effect on it under way, which makes it one moment.
 */
export interface Recount {
  /** Before an effect on `key`. */
  touch(key: string): void;
  /** After it; undefined when nothing happened. */
  settled(key: string, change: Change | 'unknown' | undefined): void;
  /** Returns at the moment it is right: the caller takes it over before anything else happens. */
  run(signal: AbortSignal, take: (size: ScanResult) => void): Promise<void>;
}

/** Sums by hash; 16 files of a million share one. */
const PARTS = 65_536;

export function createRecount(root: string, effects: ReadonlyMap<string, number>, clock: Clock): Recount {
  let spoilt = new Set<number>();
  let second: SecondWalk | undefined;
  let again = false;

  /** Undefined when it has to be done again, because a write could not say what it changed. */
  async function attempt(signal: AbortSignal, take: (size: ScanResult) => void): Promise<boolean> {
    spoilt = new Set([...effects.keys()].map(partOf));
    second = undefined;
    again = false;
    const sums = await firstWalk(root, clock, signal);
    if (spoilt.size > 0) {
      second = createSecondWalk(root, spoilt, effects, addUp(sums, spoilt));
      await second.run(signal);
    }
    if (again) return false;
    take(second?.total() ?? addUp(sums, spoilt));
    return true;
  }

  return {
    touch: (key) => {
      if (second === undefined) spoilt.add(partOf(key));
      else second.touch(key);
    },
    settled: (key, change) => {
      try {
        if (second?.settled(key, change) === false) again = true;
      } catch {
        // The write must not fail because its key cannot be looked up; the next attempt will say why.
        again = true;
      }
    },
    run: async (signal, take) => {
      while (!(await attempt(signal, take)));
    },
  };
}

interface Sums {
  readonly bytes: Float64Array;
  readonly objects: Float64Array;
}

async function firstWalk(root: string, clock: Clock, signal: AbortSignal): Promise<Sums> {
  const bytes = new Float64Array(PARTS);
  const objects = new Float64Array(PARTS);
  for await (const { directory, names, sizes } of walkSizes(root, createSpeed(clock), signal)) {
    for (const [index, size] of sizes.entries()) {
      if (size === undefined) continue;
      const part = partOf(directory + (names[index] ?? ''));
      bytes[part] = (bytes[part] ?? 0) + size;
      objects[part] = (objects[part] ?? 0) + 1;
    }
  }
  return { bytes, objects };
}

function addUp({ bytes, objects }: Sums, spoilt: ReadonlySet<number>): ScanResult {
  const total = { bytes: 0n, objects: 0n };
  for (let part = 0; part < PARTS; part++) {
    if (spoilt.has(part) || objects[part] === 0) continue;
    total.bytes += BigInt(bytes[part] ?? 0);
    total.objects += BigInt(objects[part] ?? 0);
  }
  return total;
}

interface SecondWalk {
  touch(key: string): void;
  /** False when the total cannot be right any more. */
  settled(key: string, change: Change | 'unknown' | undefined): boolean;
  run(signal: AbortSignal): Promise<void>;
  total(): ScanResult;
}

function createSecondWalk(
  root: string,
  spoilt: ReadonlySet<number>,
  effects: ReadonlyMap<string, number>,
  known: ScanResult,
): SecondWalk {
  let { bytes, objects } = known;
  const counted = new Set<string>();
  /** Met by a write before the walk came by: counted when no effect on them is under way. */
  const awaited = new Set(effects.keys());
  let walked = false;
  let finish: (() => void) | undefined;

  const isCounted = (key: string): boolean => !spoilt.has(partOf(key)) || counted.has(key);
  function count(key: string): void {
    counted.add(key);
    const size = countedSize(key, sizeNow(join(root, key)));
    if (size === undefined) return;
    bytes += BigInt(size);
    objects += 1n;
  }

  return {
    touch: (key) => {
      if (isCounted(key)) return;
      // What the whole walk did not meet is not there yet; to wait for that as well might never end.
      if (walked && !awaited.has(key)) counted.add(key);
      else awaited.add(key);
    },
    settled: (key, change) => {
      if (isCounted(key)) {
        if (change === 'unknown') return false;
        bytes += BigInt(change?.bytes ?? 0);
        objects += BigInt(change?.objects ?? 0);
      } else if (!effects.has(key)) {
        awaited.delete(key);
        count(key);
      }
      if (awaited.size === 0) finish?.();
      return true;
    },
    run: async (signal) => {
      for await (const { directory, names } of walk(root, signal)) {
        for (const name of names) {
          const key = directory + name;
          if (spoilt.has(partOf(key)) && !counted.has(key) && !awaited.has(key)) count(key);
        }
      }
      walked = true;
      if (awaited.size === 0) return;
      const settled = new Promise<void>((resolve) => {
        finish = resolve;
      });
      await untilAborted(settled, signal);
    },
    total: () => ({ bytes, objects }),
  };
}

/** FNV-1a, folded to 16 bits. */
function partOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 16)) & (PARTS - 1);
}
