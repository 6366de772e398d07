import type { Use } from '../quota/entry.ts';
import { hash } from './hash.ts';

/**
 * What all threads see of a bucket, in memory that they share. The thread that stores it writes the numbers for answers and
 * says which objects it is changing; the others read objects themselves and count what they have read.
 */
export interface SharedBucket {
  readonly memory: SharedArrayBuffer;
  /** The object under this key is about to change; the result is to be called when it has. */
  change(key: string): () => void;
  /** Undefined when nothing is counted. */
  publish(use: Use | undefined, now: Date): void;
  /** What others have read since the last call. */
  collect(): Reads;
  /** Nothing of it is true any more. */
  end(): void;
}

export interface Reads {
  readonly get: number;
  readonly head: number;
}

/** The same for a thread that does not store the bucket. */
export interface BucketView {
  /** Nothing of it is true any more. */
  isOver(): boolean;
  /** False also when it was not written for so long that the numbers may be others. */
  isFresh(now: Date): boolean;
  use(): Use | undefined;
  /** What `read` finds under the key; undefined when it was being changed, and two halves may not belong together. */
  look<T>(key: string, read: () => Promise<T>): Promise<{ readonly found: T } | undefined>;
  count(operation: keyof Reads): void;
}

/** Keys share them: a change of one holds up readers of others, who ask the thread that stores it. */
const STRIPES = 64;
/** Limits are changed in files, and numbers by counting. */
const FRESH_MS = 2000;
/** The other thread needs less than a microsecond, unless it has lost its core. */
const ATTEMPTS = 100;

/** 32-bit numbers: how often the objects of a stripe began to change, how often they had changed, and whether it is over. */
const [BEGUN, ENDED, OVER, INTS] = [0, STRIPES, 2 * STRIPES, 2 * STRIPES + 1];
/** 64-bit numbers. The version is odd while the others are written. */
const [VERSION, USED, OBJECTS, LIMIT, UPDATED_MS, WRITTEN_MS, GETS, HEADS, LONGS] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
const LONGS_AT = 8 * Math.ceil((4 * INTS) / 8);
/** No limit, or nothing that is counted. */
const NONE = -1n;

export function createSharedBucket(): SharedBucket {
  const memory = new SharedArrayBuffer(LONGS_AT + 8 * LONGS);
  const { ints, longs } = arraysOf(memory);
  return {
    memory,
    change: (key) => {
      const stripe = stripeOf(key);
      Atomics.add(ints, BEGUN + stripe, 1);
      return () => void Atomics.add(ints, ENDED + stripe, 1);
    },
    publish: (use, now) => {
      Atomics.add(longs, VERSION, 1n);
      Atomics.store(longs, USED, use?.usedBytes ?? NONE);
      Atomics.store(longs, OBJECTS, use?.objects ?? NONE);
      Atomics.store(longs, LIMIT, use?.maxBytes ?? NONE);
      Atomics.store(longs, UPDATED_MS, BigInt(use?.updated.getTime() ?? 0));
      Atomics.store(longs, WRITTEN_MS, BigInt(now.getTime()));
      Atomics.add(longs, VERSION, 1n);
    },
    collect: () => ({
      get: Number(Atomics.exchange(longs, GETS, 0n)),
      head: Number(Atomics.exchange(longs, HEADS, 0n)),
    }),
    end: () => void Atomics.store(ints, OVER, 1),
  };
}

export function viewBucket(memory: SharedArrayBuffer): BucketView {
  const { ints, longs } = arraysOf(memory);
  const isOver = (): boolean => Atomics.load(ints, OVER) !== 0;
  return {
    isOver,
    isFresh: (now) => {
      const age = now.getTime() - Number(Atomics.load(longs, WRITTEN_MS));
      // A clock that was set back says nothing.
      return !isOver() && age >= 0 && age < FRESH_MS;
    },
    use: () => {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const version = Atomics.load(longs, VERSION);
        const usedBytes = Atomics.load(longs, USED);
        const objects = Atomics.load(longs, OBJECTS);
        const limit = Atomics.load(longs, LIMIT);
        const updated = new Date(Number(Atomics.load(longs, UPDATED_MS)));
        if (version % 2n === 1n || Atomics.load(longs, VERSION) !== version) continue;
        if (usedBytes === NONE) return undefined;
        return { usedBytes, objects, maxBytes: limit === NONE ? null : limit, updated };
      }
      return undefined;
    },
    look: async (key, read) => {
      const stripe = stripeOf(key);
      const begun = Atomics.load(ints, BEGUN + stripe);
      if (Atomics.load(ints, ENDED + stripe) !== begun) return undefined;
      const found = await read();
      return Atomics.load(ints, BEGUN + stripe) === begun ? { found } : undefined;
    },
    count: (operation) => void Atomics.add(longs, operation === 'get' ? GETS : HEADS, 1n),
  };
}

function arraysOf(memory: SharedArrayBuffer): { readonly ints: Int32Array; readonly longs: BigInt64Array } {
  return { ints: new Int32Array(memory, 0, INTS), longs: new BigInt64Array(memory, LONGS_AT) };
}

function stripeOf(key: string): number {
  return hash(key) % STRIPES;
}
