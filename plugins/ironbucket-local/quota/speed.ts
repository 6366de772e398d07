import type { Clock } from '../../../src/lib/clock.ts';

/** Whether the file system answers from memory, as its last answer tells: unknown means no. */
export interface Speed {
  /** Also false when enough was asked at once in this turn of the event loop: everything else waits meanwhile. */
  isFast(): boolean;
  /** Returns what `work` does, which looked at so many files; it may wait for the thread pool. */
  time<T>(files: number, work: () => T | Promise<T>): Promise<T>;
  /** Asks at once while it is fast, for a trip through the thread pool then takes longer than the answer; else `later`. */
  ask<T>(now: () => T | Promise<T>, later: () => Promise<T>): Promise<T>;
}

/** A trip through the thread pool on a busy core takes less, and the seek of a disk more. */
const TRIP_MS = 1;
/** What a file in memory takes on average: 64 files in 2 ms. */
const FILE_MS = 0.03;
const TURN_MS = 5;

/** @param nextTurn calls once in the next turn of the event loop */
export function createSpeed(
  clock: Pick<Clock, 'monotonicMs'>,
  nextTurn: (begin: () => void) => unknown = setImmediate,
): Speed {
  let fast = false;
  /** When the first question of this turn was asked. */
  let turnMs: number | undefined;

  function isFast(): boolean {
    if (!fast) return false;
    const nowMs = clock.monotonicMs();
    if (turnMs === undefined) {
      turnMs = nowMs;
      nextTurn(() => {
        turnMs = undefined;
      });
    }
    return nowMs - turnMs < TURN_MS;
  }

  async function time<T>(files: number, work: () => T | Promise<T>): Promise<T> {
    const started = clock.monotonicMs();
    const result = await work();
    fast = clock.monotonicMs() - started < TRIP_MS + files * FILE_MS;
    return result;
  }

  return { isFast, time, ask: (now, later) => time(0, isFast() ? now : later) };
}
