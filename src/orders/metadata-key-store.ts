import { sameJson } from '../lib/json.ts';
import type { Credentials } from '../plugin/contract.ts';
import type { Resource } from '../waldur/types.ts';
import { knownKeys, mergeMetadata } from './metadata.ts';
import { reportKey } from './report-key.ts';
import type { KeyStore, KeyStoreDeps, ResourceKeys } from './resource-keys.ts';
import { createUnknownKeys, type UnknownKeys } from './unknown-keys.ts';

interface Shared extends KeyStoreDeps {
  readonly count: number;
  readonly unknown: UnknownKeys;
}

/** One pair per resource, as `s3_credentials` in its metadata, written together with the facts of the account. */
export function createMetadataKeyStore(deps: KeyStoreDeps, count: number): KeyStore {
  const shared = { ...deps, count, unknown: createUnknownKeys(deps.clock) };
  return {
    open: async (resource) => keysOf(shared, resource, undefined),
    openAll: async () => {
      shared.unknown.turn();
      return (resource) => keysOf(shared, resource, undefined);
    },
  };
}

function keysOf(shared: Shared, resource: Resource, fresh: Credentials | undefined): ResourceKeys {
  const { backendMetadata, hasApiKeys } = resource;
  const { resources } = shared.waldur;
  const known = fresh === undefined ? knownKeys(backendMetadata) : [fresh.accessKey];
  const keys: ResourceKeys = {
    missing: (accessKeys) => shared.count - known.filter((key) => accessKeys.includes(key)).length,
    leftovers: (accessKeys, isNew) => {
      // An empty set of known keys means that nothing was ever reported, not that every key is wrong. API keys are
      // what the offering had before, and their owners still have them.
      if (hasApiKeys || known.length === 0) return [];
      return accessKeys.filter((key) => !known.includes(key) && (isNew || shared.unknown.isRipe(resource.uuid, key)));
    },
    adopt: async () => keys,
    keep: async (pair) => keysOf(shared, resource, pair),
    metadata: (facts) => mergeMetadata(backendMetadata, facts, fresh),
    unwritten: fresh?.accessKey,
    write: async (facts, signal) => {
      const metadata = keys.metadata(facts);
      if (sameJson(metadata, backendMetadata)) return;
      const send = (): Promise<void> => resources.setBackendMetadata(resource.uuid, metadata, signal);
      if (fresh === undefined) return send();
      const { accessKey } = fresh;
      const isStored = async (): Promise<boolean> => {
        const now = await resources.get(resource.uuid, shared.offering.uuid, signal);
        return knownKeys(now.backendMetadata).includes(accessKey);
      };
      return reportKey(shared, signal, { send, isStored });
    },
  };
  return keys;
}
