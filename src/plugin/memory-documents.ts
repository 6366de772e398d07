import type { Clock } from '../lib/clock.ts';
import type { Json } from '../lib/json.ts';
import type { DocumentChange, Documents } from './documents.ts';

const LONGEST_PAGE = 1000;

/** Documents that end with the process. */
export function createMemoryDocuments(clock: Pick<Clock, 'now'>): Documents {
  const kept = new Map<string, { readonly value: Json; readonly expiresAt: Date | undefined }>();

  function read(key: string): Json | undefined {
    const entry = kept.get(key);
    if (entry?.expiresAt === undefined || entry.expiresAt > clock.now()) return entry?.value;
    kept.delete(key);
    return undefined;
  }

  function change(change: DocumentChange): void {
    if (change.kind === 'delete') kept.delete(change.key);
    else kept.set(change.key, { value: structuredClone(change.value), expiresAt: change.expiresAt });
  }

  return {
    isDurable: false,
    get: async (key) => structuredClone(read(key)),
    put: async (key, value, options) => change({ kind: 'put', key, value, ...options }),
    delete: async (key) => change({ kind: 'delete', key }),
    list: async (prefix, { after = '', limit = LONGEST_PAGE } = {}) =>
      [...kept.keys()]
        .filter((key) => key.startsWith(prefix) && key > after && read(key) !== undefined)
        .sort()
        .slice(0, limit)
        .map((key) => ({ key, value: structuredClone(read(key) as Json) })),
    batch: async (changes) => changes.forEach(change),
  };
}
