/**
 * The same as `load`, asked once for each name in a turn of the event loop: requests that come together see the same moment.
 *
 * @param nextTurn calls once in the next turn
 */
export function onceATurn<T>(
  load: (name: string) => Promise<T>,
  nextTurn: (begin: () => void) => unknown = setImmediate,
): (name: string) => Promise<T> {
  const loaded = new Map<string, Promise<T>>();
  return (name) => {
    const before = loaded.get(name);
    if (before !== undefined) return before;
    if (loaded.size === 0) nextTurn(() => loaded.clear());
    const loading = load(name);
    loaded.set(name, loading);
    return loading;
  };
}
