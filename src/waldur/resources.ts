import { isAgentError } from '../lib/errors.ts';
import type { Uuid } from '../lib/ids.ts';
import { isJsonObject, type JsonObject } from '../lib/json.ts';
import { type Api, flatten, isAbout, route } from './api.ts';
import type { Feature } from './capabilities.ts';
import type { ResourceQuery, ResourcesApi } from './client.ts';
import { decodeMetered, decodeResource } from './decode.ts';
import { reader } from './reader.ts';
import { RESOURCE_STATES } from './types.ts';

const RESOURCES = 'marketplace-provider-resources';
/** What `decodeResource` reads. */
const FIELDS = [
  'uuid',
  'name',
  'state',
  'backend_id',
  'offering_uuid',
  'plan_uuid',
  'project_uuid',
  'project_slug',
  'customer_slug',
  'attributes',
  'options',
  'limits',
  'backend_metadata',
  'endpoints',
  'paused',
  'downscaled',
  'restrict_member_access',
  'has_api_keys',
  'error_message',
];
/** What `decodeMetered` reads. */
const METERED_FIELDS = ['uuid', 'name', 'state', 'backend_id', 'offering_uuid', 'plan_uuid', 'current_usages'];

export function createResources(api: Api): ResourcesApi {
  const act = async (resource: Uuid, action: string, body: JsonObject, signal: AbortSignal): Promise<true> => {
    await api.send('POST', `resources.${action}`, route(RESOURCES, resource, action), body, signal);
    return true;
  };
  const actIfThere = async (
    feature: Feature,
    resource: Uuid,
    action: string,
    body: JsonObject,
    signal: AbortSignal,
  ): Promise<boolean> => (await api.attempt(feature, () => act(resource, action, body, signal))) ?? false;
  return {
    get: async (resource, offering, signal) =>
      decodeResource(
        await api.get('resources.get', route(RESOURCES, resource), { offering_uuid: offering, field: FIELDS }, signal),
      ),
    find: (resource, signal) => findState(api, resource, signal),
    list: (query, signal) => flatten(listPages(api, query, FIELDS, decodeResource, signal)),
    listMetered: (query, signal) => listPages(api, query, METERED_FIELDS, decodeMetered, signal),
    setBackendId: async (resource, backendId, signal) => {
      await act(resource, 'set_backend_id', { backend_id: backendId }, signal);
    },
    setBackendMetadata: async (resource, metadata, signal) => {
      await act(resource, 'set_backend_metadata', { backend_metadata: metadata }, signal);
    },
    setEndpoints: (resource, endpoints, signal) =>
      actIfThere(
        'endpoints',
        resource,
        'set_endpoints',
        { endpoints: endpoints.map(({ name, url }) => ({ name, url })) },
        signal,
      ),
    setLimits: (resource, limits, signal) => actIfThere('limits', resource, 'set_limits', { limits }, signal),
    setAsErred: async (resource, message, signal) => {
      try {
        const body = { error_message: message, error_traceback: '' };
        return await actIfThere('resource-erred', resource, 'set_as_erred', body, signal);
      } catch (error) {
        // Older servers keep this for staff.
        if (isAgentError(error) && error.status === 403) return false;
        throw error;
      }
    },
    setAsOk: (resource, signal) => actIfThere('resource-ok', resource, 'set_as_ok', {}, signal),
    refreshLastSync: (resource, signal) => actIfThere('last-sync', resource, 'refresh_last_sync', {}, signal),
  };
}

async function findState(api: Api, resource: Uuid, signal: AbortSignal): ReturnType<ResourcesApi['find']> {
  try {
    const answer = await api.get('resources.find', route(RESOURCES, resource), { field: ['uuid', 'state'] }, signal);
    return reader('resource', answer).oneOf('state', RESOURCE_STATES);
  } catch (error) {
    // An HTML page is another error: it does not prove that the resource is gone.
    if (isAgentError(error) && error.code === 'WALDUR_CONFLICT' && error.status === 404) return undefined;
    throw error;
  }
}

function listPages<T>(
  api: Api,
  { offering, states }: ResourceQuery,
  fields: readonly string[],
  decode: (row: unknown) => T,
  signal: AbortSignal,
): AsyncIterable<readonly T[]> {
  return api.pages(
    'resources.list',
    route(RESOURCES),
    { offering_uuid: offering, state: states, o: 'created', field: fields },
    (row) => (isAsked(row, { offering, states }) ? decode(row) : undefined),
    signal,
  );
}

function isAsked(row: unknown, { offering, states }: ResourceQuery): boolean {
  const state = isJsonObject(row) ? row['state'] : undefined;
  return isAbout(row, 'offering_uuid', offering) && (typeof state !== 'string' || states.some((one) => one === state));
}
