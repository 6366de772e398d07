import type { Clock } from '../../src/lib/clock.ts';

const FRESH_MS = 60_000;

/** A listing that the pages of a pass have in common. */
export interface Listing<T> {
  /** At most a minute old and, if need be, as new as it takes to be `enough`. */
  read(enough: (value: T) => boolean, signal: AbortSignal): Promise<T>;
  /** For after changes of our own. */
  forget(): void;
}

export function shareListing<T>(clock: Clock, read: (signal: AbortSignal) => Promise<T>): Listing<T> {
  let kept: { readonly atMs: number; readonly value: Promise<T> } | undefined;
  return {
    read: async (enough, signal) => {
      signal.throwIfAborted();
      if (kept !== undefined && clock.monotonicMs() - kept.atMs < FRESH_MS) {
        // It may have failed because whoever asked for it gave up.
        const value = await kept.value.catch(() => undefined);
        if (value !== undefined && enough(value)) return value;
        signal.throwIfAborted();
      }
      kept = { atMs: clock.monotonicMs(), value: read(signal) };
      return kept.value;
    },
    forget: () => {
      kept = undefined;
    },
  };
}
