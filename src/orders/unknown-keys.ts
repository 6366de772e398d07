import type { Clock } from '../lib/clock.ts';
import type { Uuid } from '../lib/ids.ts';
import { createRecent } from '../lib/recent.ts';

/** A key that Waldur does not know may have been issued a moment ago, and is about to be reported. */
const RIPE_AFTER_MS = 15 * 60_000;

/** Since when keys have been unknown to Waldur. Forgets those that were not met in two passes. */
export interface UnknownKeys {
  /** Whether the key of the resource has been unknown for long enough to be revoked; remembers that it is unknown. */
  isRipe(resource: Uuid, accessKey: string): boolean;
  /** At the beginning of a pass. */
  turn(): void;
}

export function createUnknownKeys(clock: Pick<Clock, 'monotonicMs'>): UnknownKeys {
  const since = createRecent<number>();
  return {
    isRipe: (resource, accessKey) => {
      const id = `${resource} ${accessKey}`;
      const now = clock.monotonicMs();
      const first = since.get(id) ?? now;
      since.set(id, first);
      return now - first >= RIPE_AFTER_MS;
    },
    turn: () => since.turn(),
  };
}
