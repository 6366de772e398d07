/** Those that wait for something to happen. */
export interface Waiters<T> {
  wait(): Promise<T>;
  /** Ends the waiting of all that wait now. */
  tell(value: T): void;
}

export function createWaiters<T>(): Waiters<T> {
  const waiting: ((value: T) => void)[] = [];
  return {
    wait: () => new Promise((resolve) => waiting.push(resolve)),
    tell: (value) => {
      for (const resolve of waiting.splice(0)) resolve(value);
    },
  };
}
