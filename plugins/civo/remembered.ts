import { createHash } from 'node:crypto';
import type { Clock } from '../../src/lib/clock.ts';
import { setBounded } from '../../src/lib/set-bounded.ts';
import type { Configuration } from './configuration.ts';

/** How long what S3 said about a bucket is good enough for a pass over all of them. */
const REREAD_MS = 6 * 3_600_000;
const MOST = 20_000;

/**
 * The post-configuration of buckets as it was last read. Passes over many stores read that of a few each time, so that the
 * reads spread over hours instead of coming all at once: when is a matter of the id.
 */
export interface Remembered {
  /** Undefined when it must be read. */
  recall(id: string): Configuration | undefined;
  keep(id: string, configuration: Configuration): void;
  forget(id: string): void;
}

export function createRemembered(clock: Clock): Remembered {
  const kept = new Map<string, { readonly atMs: number; readonly configuration: Configuration }>();
  const turn = (id: string, atMs: number): number => Math.floor((atMs + phase(id)) / REREAD_MS);
  return {
    recall: (id) => {
      const entry = kept.get(id);
      if (entry === undefined || turn(id, entry.atMs) !== turn(id, clock.monotonicMs())) return undefined;
      return entry.configuration;
    },
    keep: (id, configuration) => void setBounded(kept, id, { atMs: clock.monotonicMs(), configuration }, MOST),
    forget: (id) => void kept.delete(id),
  };
}

function phase(id: string): number {
  return createHash('sha256').update(id).digest().readUInt32BE() % REREAD_MS;
}
