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
      const [oldest] = values.size >= most ? values.keys() : [];
      if (oldest !== undefined) values.delete(oldest);
      values.set(id, value);
      return true;
    },
    forget: (id) => void values.delete(id),
  };
}
