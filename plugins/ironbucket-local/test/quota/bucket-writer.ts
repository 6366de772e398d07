import { mkdir, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createKeyedLock } from '../../../../src/lib/keyed-lock.ts';
import { BUCKET, type QuotaLab, type Running, signal } from './lab.ts';

/** Changes objects on disk as a gateway does, one at a time for each key, in a process that may die at any moment. */
export interface BucketWriter {
  put(key: string, bytes: number, outcome?: 'known' | 'unknown'): Promise<void>;
  delete(key: string): Promise<void>;
  /** Reserves and does nothing. */
  abandon(bytes: number): Promise<void>;
}

/** `alive` throws when the process is dead: a dead process has no further effects. */
export function createBucketWriter(lab: QuotaLab, { quotas }: Running, alive: () => void): BucketWriter {
  const lock = createKeyedLock();
  let staged = 0;
  const sizeOf = async (path: string): Promise<number | undefined> => (await stat(path).catch(() => undefined))?.size;

  return {
    put: async (key, bytes, outcome = 'known') => {
      const reservation = await quotas.reserve(BUCKET, 0, signal);
      try {
        reservation.grow(bytes);
        const stage = lab.path(BUCKET, '.uploads', String(++staged));
        const path = lab.path(BUCKET, key);
        await mkdir(dirname(stage), { recursive: true });
        await writeFile(stage, Buffer.alloc(bytes));
        await lock.hold(key, async () => {
          const old = await sizeOf(path);
          await mkdir(dirname(path), { recursive: true });
          alive();
          reservation.fit(bytes - (old ?? 0), key);
          await rename(stage, path);
          alive();
          const change = { bytes: bytes - (old ?? 0), objects: old === undefined ? 1 : 0 };
          reservation.commit(outcome === 'known' ? change : 'unknown');
        });
      } finally {
        reservation.release();
      }
    },
    delete: async (key) => {
      const reservation = await quotas.reserve(BUCKET, 0, signal);
      try {
        await lock.hold(key, async () => {
          const path = lab.path(BUCKET, key);
          const old = await sizeOf(path);
          if (old === undefined) return;
          alive();
          reservation.fit(-old, key);
          await unlink(path);
          alive();
          reservation.commit({ bytes: -old, objects: -1 });
        });
      } finally {
        reservation.release();
      }
    },
    abandon: async (bytes) => {
      const reservation = await quotas.reserve(BUCKET, bytes, signal);
      await new Promise((resolve) => setImmediate(resolve));
      reservation.release();
    },
  };
}
