import type { Clock } from '../../src/lib/clock.ts';

const FRESH_MS = 60_000;

export type Names = (wanted: readonly string[], signal: AbortSignal) => Promise<ReadonlySet<string>>;

/**
 * One listing for all the pages of a pass: an answer serves for a minute, and callers at the same time share a request.
 * A name that is wanted and not in it is reason to ask again.
 */
export function memoizeNames(clock: Clock, read: (signal: AbortSignal) => Promise<ReadonlySet<string>>): Names {
  let kept: { readonly atMs: number; readonly names: Promise<ReadonlySet<string>> } | undefined;
  return async (wanted, signal) => {
    signal.throwIfAborted();
    if (kept !== undefined && clock.monotonicMs() - kept.atMs < FRESH_MS) {
      const names = await kept.names.catch(() => new Set<string>());
      if (wanted.every((name) => names.has(name))) return names;
    }
    signal.throwIfAborted();
    const mine = { atMs: clock.monotonicMs(), names: read(signal) };
    kept = mine;
    return mine.names;
  };
}
