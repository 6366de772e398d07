/** Changes of objects go on side by side; the removal of their bucket waits for them and keeps new ones waiting. */
export interface Gate {
  enter<T>(bucket: string, work: () => Promise<T>): Promise<T>;
  close<T>(bucket: string, work: () => Promise<T>): Promise<T>;
}

export function createGate(): Gate {
  const inside = new Map<string, Set<Promise<unknown>>>();
  const closed = new Map<string, Promise<void>>();

  return {
    enter: async (bucket, work) => {
      // Looked at again after every wait: another one may be first.
      for (let other = closed.get(bucket); other !== undefined; other = closed.get(bucket)) await other;
      const running = inside.get(bucket) ?? new Set();
      inside.set(bucket, running);
      const mine = work();
      running.add(mine);
      try {
        return await mine;
      } finally {
        running.delete(mine);
        if (running.size === 0) inside.delete(bucket);
      }
    },
    close: async (bucket, work) => {
      for (let other = closed.get(bucket); other !== undefined; other = closed.get(bucket)) await other;
      const running = Array.from(inside.get(bucket) ?? []);
      const result = Promise.allSettled(running).then(work);
      const over = result.then(ignore, ignore);
      closed.set(bucket, over);
      try {
        return await result;
      } finally {
        closed.delete(bucket);
      }
    },
  };
}

function ignore(): void {}
