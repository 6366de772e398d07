import type { Uuid } from '../lib/ids.ts';
import type { JsonObject } from '../lib/json.ts';
import { type Api, flatten, isAbout, route } from './api.ts';
import type { ImportsApi } from './client.ts';
import { decodeImportRequest, decodeProject } from './decode.ts';
import { reader } from './reader.ts';

const REQUESTS = 'backend-resource-requests';
const RESOURCES = 'backend-resources';
const OPEN = ['Sent', 'Processing'];

export function createImports(api: Api): ImportsApi {
  const act = async (request: Uuid, action: string, body: JsonObject, signal: AbortSignal): Promise<void> => {
    await api.send('POST', `imports.${action}`, route(REQUESTS, request, action), body, signal);
  };
  return {
    requests: (offering, signal) =>
      api.attempt('imports', () => {
        const decode = (row: unknown): ReturnType<typeof decodeImportRequest> | undefined => {
          if (!isAbout(row, 'offering', offering)) return undefined;
          const request = decodeImportRequest(row);
          return OPEN.includes(request.state) ? request : undefined;
        };
        const query = { offering_uuid: offering, state: OPEN };
        return collect(api.pages('imports.requests', route(REQUESTS), query, decode, signal));
      }),
    startProcessing: (request, signal) => act(request, 'start_processing', {}, signal),
    setDone: (request, signal) => act(request, 'set_done', {}, signal),
    setErred: (request, message, signal) =>
      act(request, 'set_erred', { error_message: message, error_traceback: '' }, signal),
    offered: async (offering, signal) => {
      const decode = (row: unknown): string | undefined =>
        isAbout(row, 'offering', offering) ? reader('backend resource', row).text('backend_id') : undefined;
      const query = { offering_uuid: offering };
      return new Set(await collect(api.pages('imports.offered', route(RESOURCES), query, decode, signal)));
    },
    offer: async ({ name, project, offering, backendId, limits }, signal) => {
      const body = { name, project, offering, backend_id: backendId, backend_metadata: { limits } };
      await api.send('POST', 'imports.offer', route(RESOURCES), body, signal);
    },
    projects: (signal) => {
      const query = { field: ['uuid', 'slug', 'customer_slug'] };
      return collect(api.pages('projects.list', route('projects'), query, decodeProject, signal));
    },
  };
}

async function collect<T>(pages: AsyncIterable<readonly T[]>): Promise<readonly T[]> {
  const items: T[] = [];
  for await (const item of flatten(pages)) items.push(item);
  return items;
}
