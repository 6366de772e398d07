/** A map that forgets what was not touched for two turns, so that it stays as small as what is going on. */
export interface Recent<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
  delete(key: string): void;
  turn(): void;
}

export function createRecent<V>(): Recent<V> {
  let current = new Map<string, V>();
  let before = new Map<string, V>();
  return {
    get: (key) => {
      const value = current.get(key) ?? before.get(key);
      if (value !== undefined) current.set(key, value);
      return value;
    },
    set: (key, value) => void current.set(key, value),
    delete: (key) => {
      current.delete(key);
      before.delete(key);
    },
    turn: () => {
      before = current;
      current = new Map();
    },
  };
}
