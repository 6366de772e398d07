/**
 * The items of several streams as they come. A stream that fails ends only itself; when all have failed, the first failure
 * is thrown. A reader that stops early ends them all.
 */
export async function* mergeStreams<T>(sources: readonly AsyncIterable<T>[]): AsyncGenerator<T> {
  const open = new Map(sources.map((source, index) => [index, source[Symbol.asyncIterator]()]));
  const waiting = new Map<number, Promise<Step<T>>>();
  const failures: unknown[] = [];
  const ask = (index: number, items: AsyncIterator<T>): void => {
    const step = items.next().then(
      (result): Step<T> => ({ index, result }),
      (failure: unknown): Step<T> => ({ index, failure }),
    );
    waiting.set(index, step);
  };
  for (const [index, items] of open) ask(index, items);
  try {
    while (waiting.size > 0) {
      const step = await Promise.race(waiting.values());
      waiting.delete(step.index);
      const items = open.get(step.index);
      if ('failure' in step) failures.push(step.failure);
      if ('failure' in step || step.result.done === true || items === undefined) {
        open.delete(step.index);
        continue;
      }
      yield step.result.value;
      ask(step.index, items);
    }
  } finally {
    await Promise.allSettled([...open.values()].map(async (items) => items.return?.()));
  }
  if (failures.length > 0 && failures.length === sources.length) throw failures[0];
}

type Step<T> =
  | { readonly index: number; readonly result: IteratorResult<T> }
  | { readonly index: number; readonly failure: unknown };
