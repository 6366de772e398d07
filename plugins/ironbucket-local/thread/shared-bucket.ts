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
/** While they are read once, the numbers are hardly ever written twice. */
const ATTEMPTS = 100;

/** 32-bit numbers: how often the objects of a stripe began to change, how often they had changed, and whether it is over. */
const [BEGUN, ENDED, OVER, INTS] = [0, STRIPES, 2 * STRIPES, 2 * STRIPES + 1];
/** 64-bit numbers. Those for answers are there twice: the ones before stay readable while a thread that lost its core writes. */
const [VERSION, GETS, HEADS, FIRST, SECOND, LONGS] = [0, 1, 2, 3, 8, 13];
const [USED, OBJECTS, LIMIT, UPDATED_MS, WRITTEN_MS] = [0, 1, 2, 3, 4];
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
      const version = Atomics.load(longs, VERSION) + 1n;
      const at = numbersOf(version);
      Atomics.store(longs, at + USED, use?.usedBytes ?? NONE);
      Atomics.store(longs, at + OBJECTS, use?.objects ?? NONE);
      Atomics.store(longs, at + LIMIT, use?.maxBytes ?? NONE);
      Atomics.store(longs, at + UPDATED_MS, BigInt(use?.updated.getTime() ?? 0));
      Atomics.store(longs, at + WRITTEN_MS, BigInt(now.getTime()));
      Atomics.store(longs, VERSION, version);
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
      const at = numbersOf(Atomics.load(longs, VERSION));
      const age = now.getTime() - Number(Atomics.load(longs, at + WRITTEN_MS));
      // A clock that was set back says nothing.
      return !isOver() && age >= 0 && age < FRESH_MS;
    },
    use: () => {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const version = Atomics.load(longs, VERSION);
        const at = numbersOf(version);
        const usedBytes = Atomics.load(longs, at + USED);
        const objects = Atomics.load(longs, at + OBJECTS);
        const limit = Atomics.load(longs, at + LIMIT);
        const updated = new Date(Number(Atomics.load(longs, at + UPDATED_MS)));
        if (Atomics.load(longs, VERSION) !== version) continue;
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

/** Where the numbers of a version are. */
function numbersOf(version: bigint): number {
  return version % 2n === 0n ? FIRST : SECOND;
}

function stripeOf(key: string): number {
  return hash(key) % STRIPES;
}
