import { setBounded } from './set-bounded.ts';

/** The last value of each of many things. Forgets the oldest one when it is full. */
export interface Last {
  has(id: string): boolean;
  /** Remembers the value; false when it is the one that was there. */
  isNew(id: string, value: string): boolean;
  forget(id: string): void;
}

export function createLast(most: number): Last {
  const values = new Map<string, string>();
  return {
    has: (id) => values.has(id),
    isNew: (id, value) => {
      if (values.get(id) === value) return false;
      setBounded(values, id, value, most);
      return true;
    },
    forget: (id) => void values.delete(id),
  };
}
