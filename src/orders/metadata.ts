import { isJsonObject, type JsonObject } from '../lib/json.ts';
import type { Credentials } from '../plugin/contract.ts';

const CREDENTIALS = 's3_credentials';

/** Access keys stored in `backend_metadata`: the set Waldur knows in the mode `credentials: metadata`. */
export function knownKeys(metadata: JsonObject): readonly string[] {
  const key = textIn(metadata, 'access_key');
  return key === undefined ? [] : [key];
}

/** The whole pair, where it is stored. */
export function storedPair(metadata: JsonObject): Pick<Credentials, 'accessKey' | 'secretKey'> | undefined {
  const [accessKey, secretKey] = [textIn(metadata, 'access_key'), textIn(metadata, 'secret_key')];
  return accessKey === undefined || secretKey === undefined ? undefined : { accessKey, secretKey };
}

function textIn(metadata: JsonObject, name: string): string | undefined {
  const stored = metadata[CREDENTIALS];
  const text = isJsonObject(stored) ? stored[name] : undefined;
  return typeof text === 'string' && text !== '' ? text : undefined;
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
