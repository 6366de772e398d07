import { createApiKeyStore } from './api-key-store.ts';
import { createMetadataKeyStore } from './metadata-key-store.ts';
import type { KeyStore, KeyStoreDeps } from './resource-keys.ts';

export type { KeyStore, KeyStoreDeps, ResourceKeys } from './resource-keys.ts';

export function createKeyStore(deps: KeyStoreDeps): KeyStore {
  const { credentials, plugin } = deps.offering;
  if (credentials === 'api_keys' && plugin.keys > 0) return createApiKeyStore(deps, plugin.keys);
  // Metadata holds one pair; a second one would have nowhere to be stored.
  return createMetadataKeyStore(deps, Math.min(plugin.keys, 1));
}
