import { AgentError, isAgentError } from '../lib/errors.ts';
import type { JsonObject } from '../lib/json.ts';
import { type Api, flatten, isAbout, route } from './api.ts';
import type { ApiKeyQuery, ApiKeysApi, KeyPair } from './client.ts';
import { decodeApiKey } from './decode.ts';
import type { ApiKey } from './types.ts';

const KEYS = 'marketplace-resource-api-keys';

export function createApiKeys(api: Api): ApiKeysApi {
  const post = async (operation: string, path: string, body: JsonObject, signal: AbortSignal): Promise<void> => {
    await api.send('POST', `api_keys.${operation}`, path, body, signal);
  };
  return {
    list: (query, signal) =>
      api.attempt('api-keys', async () => {
        const { offering, resource, states, before } = query;
        const wire = {
          offering_uuid: offering,
          ...(resource && { resource_uuid: resource }),
          ...(states && { state: states }),
          ...(before && { modified_before: before.toISOString() }),
        };
        const decode = (row: unknown): ApiKey | undefined => {
          if (resource !== undefined && !isAbout(row, 'resource_uuid', resource)) return undefined;
          const key = decodeApiKey(row);
          return isAsked(key, query) ? key : undefined;
        };
        const keys: ApiKey[] = [];
        for await (const key of flatten(api.pages('api_keys.list', route(KEYS), wire, decode, signal))) keys.push(key);
        return keys;
      }),
    reportCreated: (resource, { accessKey, secretKey }, signal) => {
      const body = { resource, client_id: accessKey, api_key: secretKey };
      return concealing(secretKey, post('report_created', `${KEYS}/report_created/`, body, signal));
    },
    setKey: (key, { accessKey, secretKey }, signal) => {
      const body = { api_key: secretKey, client_id: accessKey };
      return concealing(secretKey, post('set_key', route(KEYS, key, 'set_key'), body, signal));
    },
    setErred: (key, message, signal) =>
      post('set_erred', route(KEYS, key, 'set_erred'), { error_message: message }, signal),
  };
}

function isAsked(key: ApiKey, { states, before }: ApiKeyQuery): boolean {
  const changed = Date.parse(key.modified);
  return (
    (states === undefined || states.includes(key.state)) &&
    (before === undefined || Number.isNaN(changed) || changed < before.getTime())
  );
}

/** A refusal is told in Waldur's own words, and those may repeat what was sent. */
async function concealing(secret: KeyPair['secretKey'], sent: Promise<void>): Promise<void> {
  try {
    await sent;
  } catch (error) {
    if (!isAgentError(error) || !error.message.includes(secret)) throw error;
    const { code, disposition, hint, retryAfterMs, status } = error;
    throw new AgentError(error.message.replaceAll(secret, '***'), { code, disposition, hint, retryAfterMs, status });
  }
}
