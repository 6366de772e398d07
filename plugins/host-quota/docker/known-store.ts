import { isJsonObject, type Json, type JsonObject, sameJson } from '../../../src/lib/json.ts';
import type { DocumentChange, Documents } from '../../../src/plugin/contract.ts';
import { listAll } from '../list-all.ts';
import type { Evidence, Known, KnownImage, KnownLayer, ObjectKind, Override } from './ownership/types.ts';

/** Keys of what is remembered. A container, image or layer has 64 hex digits, a volume its name. */
const KEYS = {
  containers: 'docker/container/',
  images: 'docker/image/',
  layers: 'docker/layer/',
  volumes: 'docker/volume/',
  overrides: 'docker/override/',
} as const;
const BEGUN = 'docker/begun';

export async function loadKnown(store: Documents): Promise<Known> {
  const all = async <T>(prefix: string): Promise<Map<string, T>> => {
    const found = new Map<string, T>();
    for (const { key, value } of await documentsIn(store, prefix)) found.set(key.slice(prefix.length), value as T);
    return found;
  };
  return {
    containers: await all<Evidence>(KEYS.containers),
    images: await all<KnownImage>(KEYS.images),
    layers: await all<KnownLayer>(KEYS.layers),
    volumes: await all<Evidence>(KEYS.volumes),
    overrides: await all<Override>(KEYS.overrides),
    hasBegun: (await store.get(BEGUN)) !== undefined,
  };
}

/** What one look changed, as one batch: all of it is kept, or the next look finds it again. */
export async function saveKnown(store: Documents, before: Known, after: Known): Promise<number> {
  const changes: DocumentChange[] = [];
  for (const part of ['containers', 'images', 'layers', 'volumes', 'overrides'] as const) {
    for (const [id, value] of after[part]) {
      const old = before[part].get(id);
      if (old !== value && !sameJson(old, value))
        changes.push({ kind: 'put', key: KEYS[part] + id, value: value as unknown as Json });
    }
    for (const id of before[part].keys())
      if (!after[part].has(id)) changes.push({ kind: 'delete', key: KEYS[part] + id });
  }
  if (changes.length > 0 || !before.hasBegun) changes.push({ kind: 'put', key: BEGUN, value: true });
  if (changes.length > 0) await store.batch(changes);
  return changes.length;
}

export function overrideKey(kind: ObjectKind, id: string): string {
  return `${KEYS.overrides}${kind}/${id}`;
}

/** The documents of a prefix that are JSON objects. */
export async function documentsIn(
  store: Documents,
  prefix: string,
): Promise<readonly { readonly key: string; readonly value: JsonObject }[]> {
  return (await listAll(store, prefix)).flatMap(({ key, value }) => (isJsonObject(value) ? [{ key, value }] : []));
}
