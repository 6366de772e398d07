import { isJsonObject, type JsonObject } from '../lib/json.ts';
import type { Credentials } from '../plugin/contract.ts';

const CREDENTIALS = 's3_credentials';
/** What is being waited for; only while the account is pending. */
const PROGRESS = 'provisioning';

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
  const { [PROGRESS]: _, ...rest } = stored;
  if (credentials === undefined) return { ...rest, ...facts };
  const { accessKey, secretKey, endpoint, region } = credentials;
  return { ...rest, ...facts, [CREDENTIALS]: { access_key: accessKey, secret_key: secretKey, endpoint, region } };
}

export function withoutCredentials(stored: JsonObject): JsonObject {
  const { [CREDENTIALS]: _, ...rest } = stored;
  return rest;
}

export function withProgress(stored: JsonObject, text: string): JsonObject {
  return { ...stored, [PROGRESS]: text };
}
