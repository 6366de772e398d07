import type { Clock } from '../lib/clock.ts';
import type { Json } from '../lib/json.ts';
import {
  type Bound,
  checkKey,
  checkPrefix,
  encode,
  endOfPrefix,
  expiryOf,
  isRemovalDue,
  pageLimit,
} from './document-rules.ts';
import type { DocumentChange, Documents } from './documents.ts';

export interface Kept {
  /** JSON text: what was put cannot change afterwards. */
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number | undefined;
}

/**
 * Documents that end with the process.
 *
 * @param kept what the namespace holds, by key; changed in place
 */
export function createMemoryDocuments(
  clock: Pick<Clock, 'now'>,
  bound?: Bound,
  kept: Map<string, Kept> = new Map(),
): Documents {
  let writes = 0;

  function find(key: string): Json | undefined {
    const found = kept.get(key);
    return found === undefined || isOver(found) ? undefined : (JSON.parse(found.text) as Json);
  }

  function isOver({ expiresAt }: Kept): boolean {
    return expiresAt !== undefined && expiresAt <= clock.now().getTime();
  }

  function toKept(change: DocumentChange): Kept | undefined {
    if (change.kind === 'delete') return undefined;
    return { text: encode(change.key, change.value), expiresAt: expiryOf(change, bound, clock.now()) };
  }

  function remove(): void {
    for (const [key, one] of kept) if (isOver(one)) kept.delete(key);
    if (bound === undefined) return;
    const ending = [...kept].flatMap(([key, { expiresAt }]) => (expiresAt === undefined ? [] : [{ key, expiresAt }]));
    ending.sort((a, b) => b.expiresAt - a.expiresAt);
    for (const { key } of ending.slice(bound.limit)) kept.delete(key);
  }

  async function batch(changes: readonly DocumentChange[]): Promise<void> {
    const ready = changes.map((change) => ({ key: checkKey(change.key), next: toKept(change) }));
    for (const { key, next } of ready) {
      if (next === undefined) kept.delete(key);
      else kept.set(key, next);
    }
    if (ready.length > 0 && isRemovalDue(writes++)) remove();
  }

  return {
    isDurable: false,
    get: async (key) => find(checkKey(key)),
    put: (key, value, options) => batch([{ kind: 'put', key, value, ...options }]),
    delete: (key) => batch([{ kind: 'delete', key }]),
    list: async (prefix, page) => {
      const end = endOfPrefix(checkPrefix(prefix));
      const after = page?.after ?? '';
      return [...kept.keys()]
        .filter((key) => key >= prefix && key < end && key > after)
        .sort()
        .flatMap((key) => {
          const value = find(key);
          return value === undefined ? [] : [{ key, value }];
        })
        .slice(0, pageLimit(page));
    },
    batch,
  };
}
