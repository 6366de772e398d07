import { isJsonObject, type JsonObject } from '../lib/json.ts';
import type { Credentials } from '../plugin/contract.ts';

const CREDENTIALS = 's3_credentials';

/** Access keys stored in `backend_metadata`: the set Waldur knows in the mode `credentials: metadata`. */
export function knownKeys(metadata: JsonObject): readonly string[] {
  const stored = metadata[CREDENTIALS];
  const key = isJsonObject(stored) ? stored['access_key'] : undefined;
  return typeof key === 'string' && key !== '' ? [key] : [];
}

/** Waldur replaces the whole object, so keys that are not ours are carried over. */
export function mergeMetadata(stored: JsonObject, facts: JsonObject, credentials: Credentials | undefined): JsonObject {
  if (credentials === undefined) return { ...stored, ...facts };
  const { accessKey, secretKey, endpoint, region } = credentials;
  return { ...stored, ...facts, [CREDENTIALS]: { access_key: accessKey, secret_key: secretKey, endpoint, region } };
}

export function withoutCredentials(stored: JsonObject): JsonObject {
  const { [CREDENTIALS]: _, ...rest } = stored;
  return rest;
}
