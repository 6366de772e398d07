import type { Uuid } from '../lib/ids.ts';
import { createRecent } from '../lib/recent.ts';

/** Which accounts were absent when they were last looked at: only the second proof in a row counts, the first may be a move. */
export interface Absences {
  /** The account of the resource was proved absent. True when it was so the time before. */
  proved(resource: Uuid): boolean;
  found(resource: Uuid): void;
  /** At the end of a pass. */
  turn(): void;
}

export function createAbsences(): Absences {
  const absent = createRecent<true>();
  return {
    proved: (resource) => {
      const before = absent.get(resource) === true;
      absent.set(resource, true);
      return before;
    },
    found: (resource) => absent.delete(resource),
    turn: () => absent.turn(),
  };
}
