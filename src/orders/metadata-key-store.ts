import type { Credentials } from '../plugin/contract.ts';
import type { Resource } from '../waldur/types.ts';
import type { KeyStore, ResourceKeys } from './key-store.ts';
import { knownKeys, mergeMetadata } from './metadata.ts';

/** One pair per resource, as `s3_credentials` in its metadata, written together with the facts of the account. */
export function createMetadataKeyStore(count: number): KeyStore {
  return {
    open: async (resource) => keysOf(resource, count, undefined),
    openAll: async () => (resource) => keysOf(resource, count, undefined),
  };
}

function keysOf(resource: Resource, count: number, fresh: Credentials | undefined): ResourceKeys {
  const { backendMetadata, hasApiKeys } = resource;
  const known = fresh === undefined ? knownKeys(backendMetadata) : [fresh.accessKey];
  const keys: ResourceKeys = {
    missing: (accessKeys) => count - known.filter((key) => accessKeys.includes(key)).length,
    leftovers: (accessKeys, isNew) => {
      // An empty set of known keys means that nothing was ever reported, not that every key is wrong. API keys are
      // what the offering had before, and their owners still have them.
      if (!isNew || hasApiKeys || known.length === 0) return [];
      return accessKeys.filter((key) => !known.includes(key));
    },
    adopt: async () => keys,
    keep: async (pair) => keysOf(resource, count, pair),
    metadata: (facts) => mergeMetadata(backendMetadata, facts, fresh),
  };
  return keys;
}
