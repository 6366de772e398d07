import type { Documents } from '../../../src/plugin/contract.ts';
import type { Names } from '../host/names.ts';
import { isName } from '../tools/argv.ts';
import { readId } from '../tools/parsed.ts';
import type { Snapshot } from './engine/types.ts';
import { type People, USER_LABEL } from './ownership/items.ts';

export interface PeopleDeps {
  readonly names: Names;
  readonly store: Documents;
  isPerson(uid: number): boolean;
}

const PREFIX = 'docker/person/';

/**
 * The users that labels name. A name that the host does not know any more keeps the uid it had: what it owns does not
 * change hands when a user is renamed or deleted.
 */
export async function peopleIn(snapshot: Snapshot, deps: PeopleDeps, signal: AbortSignal): Promise<People> {
  const { names, store, isPerson } = deps;
  const labels = [...snapshot.containers, ...snapshot.volumes].map(({ labels: all }) => all[USER_LABEL] ?? '');
  const known = new Map<string, number>();
  for (const label of new Set(labels)) {
    const uid = readId(label) ?? (isName('user', label) ? await uidOf(names, store, label, signal) : undefined);
    if (uid !== undefined && isPerson(uid)) known.set(label, uid);
  }
  return { uidOf: (label) => known.get(label), isPerson };
}

async function uidOf(names: Names, store: Documents, name: string, signal: AbortSignal): Promise<number | undefined> {
  const key = PREFIX + name;
  const before = await store.get(key);
  const uid = (await names.user(name, signal))?.uid;
  if (uid === undefined) return typeof before === 'number' ? before : undefined;
  if (uid !== before) await store.put(key, uid);
  return uid;
}
