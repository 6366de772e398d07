import type { Uuid } from '../lib/ids.ts';
import { sameJson } from '../lib/json.ts';
import type { KeyPair } from '../waldur/client.ts';
import type { ApiKey, Resource } from '../waldur/types.ts';
import { mergeMetadata, storedPair, withoutCredentials } from './metadata.ts';
import { isKeyNamed, nameKey } from './name-key.ts';
import { isListed, isRefusal, listKeys, reportKey } from './report-key.ts';
import type { KeyStore, KeyStoreDeps, ResourceKeys } from './resource-keys.ts';
import { createUnknownKeys, type UnknownKeys } from './unknown-keys.ts';

interface Shared extends KeyStoreDeps {
  readonly count: number;
  readonly unknown: UnknownKeys;
}

/** `count` pairs per resource, in Waldur's encrypted API keys and nowhere else. */
export function createApiKeyStore(deps: KeyStoreDeps, count: number): KeyStore {
  const shared: Shared = { ...deps, count, unknown: createUnknownKeys(deps.clock) };
  return {
    open: async (resource, signal) => keysOf(shared, resource, await listKeys(deps, resource.uuid, signal), []),
    openAll: async (signal) => {
      shared.unknown.turn();
      const keys = await listKeys(deps, undefined, signal);
      const byResource = new Map<Uuid, ApiKey[]>();
      for (const key of keys) byResource.set(key.resource, [...(byResource.get(key.resource) ?? []), key]);
      return (resource) => keysOf(shared, resource, byResource.get(resource.uuid) ?? [], []);
    },
  };
}

/** `kept` are the access keys that Waldur has got since it was asked for `rows`. */
function keysOf(shared: Shared, resource: Resource, rows: readonly ApiKey[], kept: readonly string[]): ResourceKeys {
  const { waldur } = shared;
  const known = [...rows.flatMap(({ clientId }) => clientId ?? []), ...kept];
  // A key that newer servers want to be made: how many there will be is not ours to say. One that failed never will be.
  const isComplete = rows.every(({ clientId, state }) => clientId !== undefined || state === 'Erred');
  const adoptable = pairToAdopt(resource, known);
  const ours = adoptable === undefined ? known : [...known, adoptable.accessKey];

  const keys: ResourceKeys = {
    missing: (accessKeys) => {
      if (!isComplete) return 0;
      return Math.max(0, shared.count - ours.filter((key) => accessKeys.includes(key)).length);
    },
    leftovers: (accessKeys) => {
      if (!isComplete || known.length === 0 || rows.some(isPending)) return [];
      return accessKeys.filter((key) => !ours.includes(key) && shared.unknown.isRipe(resource.uuid, key));
    },
    adopt: async (accessKeys, signal) => {
      if (adoptable === undefined || !accessKeys.includes(adoptable.accessKey)) return keys;
      await store(shared, resource.uuid, adoptable, undefined, signal);
      return keysOf(shared, resource, rows, [...kept, adoptable.accessKey]);
    },
    keep: async (pair, accessKeys, signal) => {
      const dead = rows.find(({ clientId }) => clientId !== undefined && !accessKeys.includes(clientId));
      await store(shared, resource.uuid, pair, dead, signal);
      return keysOf(shared, resource, without(rows, dead?.uuid), [...kept, pair.accessKey]);
    },
    metadata: (facts) => {
      const named = nameKey(facts, workingRow(rows)?.uuid);
      return mergeMetadata(withoutCredentials(resource.backendMetadata), named, undefined);
    },
    unwritten: undefined,
    write: async (facts, signal) => {
      // Waldur gave a key that it got just now a UUID.
      if (isKeyNamed(facts) && kept.length > 0 && workingRow(rows) === undefined) {
        const now = await listKeys(shared, resource.uuid, signal);
        return keysOf(shared, resource, now, []).write(facts, signal);
      }
      const metadata = keys.metadata(facts);
      if (sameJson(metadata, resource.backendMetadata)) return;
      await waldur.resources.setBackendMetadata(resource.uuid, metadata, signal);
    },
  };
  return keys;
}

/** In place of a key that is gone at the backend; a server that does not take that has the dead one beside the new. */
async function store(
  shared: Shared,
  resource: Uuid,
  pair: KeyPair,
  dead: ApiKey | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { waldur } = shared;
  const { accessKey } = pair;
  const isStored = (): Promise<boolean> => isListed(shared, { resource, accessKey }, signal);
  const report = (send: () => Promise<void>): Promise<void> => reportKey(shared, signal, { send, isStored });
  if (dead !== undefined) {
    try {
      await report(() => waldur.apiKeys.setKey(dead.uuid, pair, signal));
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (!isRefusal(error)) throw error;
    }
  }
  await report(() => waldur.apiKeys.reportCreated(resource, pair, signal));
}

/** The pair of an offering whose credentials were in the metadata before: it goes on working. */
function pairToAdopt({ backendMetadata }: Resource, known: readonly string[]): KeyPair | undefined {
  const pair = storedPair(backendMetadata);
  return pair !== undefined && !known.includes(pair.accessKey) ? pair : undefined;
}

/** Whether Waldur waits for us to do something about the key. */
export function isPending({ state, pendingAction }: ApiKey): boolean {
  return state === 'Updating' || pendingAction !== undefined;
}

/** A rotation changes what is in it, and not which one it is. */
function workingRow(rows: readonly ApiKey[]): ApiKey | undefined {
  return rows.find(({ clientId, state }) => clientId !== undefined && state !== 'Erred');
}

function without(rows: readonly ApiKey[], key: Uuid | undefined): readonly ApiKey[] {
  return rows.filter(({ uuid }) => uuid !== key);
}
