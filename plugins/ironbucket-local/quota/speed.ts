import type { Clock } from '../../../src/lib/clock.ts';

/** Whether the file system answers from memory, as its last answer tells: unknown means no. */
export interface Speed {
  isFast(): boolean;
  /** Returns what `work` does, which looked at so many files; it may wait for the thread pool. */
  time<T>(files: number, work: () => T | Promise<T>): Promise<T>;
}

/** A trip through the thread pool on a busy core takes less, and the seek of a disk more. */
const TRIP_MS = 1;
/** What a file in memory takes on average: 64 files in 2 ms. */
const FILE_MS = 0.03;

export function createSpeed(clock: Pick<Clock, 'monotonicMs'>): Speed {
  let fast = false;
  return {
    isFast: () => fast,
    time: async (files, work) => {
      const started = clock.monotonicMs();
      const result = await work();
      fast = clock.monotonicMs() - started < TRIP_MS + files * FILE_MS;
      return result;
    },
  };
}
