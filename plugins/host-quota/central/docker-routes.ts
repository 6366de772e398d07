import type { HttpRequest } from '../../../src/lib/http.ts';
import { isJsonObject, type Json } from '../../../src/lib/json.ts';
import type { Route, RouteRequest } from '../../../src/plugin/contract.ts';
import { TIMEOUTS } from '../remote/client.ts';
import type { CentralRoute } from './deps.ts';
import { askAll, type CentralHost } from './hosts.ts';

type Find = (id: string | undefined) => CentralHost;

/** `docker/…` of the hosts for operators: passed on to the host, which knows. */
export function centralDockerRoutes(route: CentralRoute, find: Find, hosts: readonly CentralHost[]): readonly Route[] {
  const pass = (path: string, host: CentralHost, signal: AbortSignal, more: Partial<HttpRequest> = {}): Promise<Json> =>
    host.client.pass({ method: 'GET', path: `docker/${path}`, ...more }, TIMEOUTS.quotas, signal);
  const ofHost = (path: string): Route =>
    route('GET', `/quotas/:host/docker/${path}`, 'operator', ({ params, query }, signal) =>
      pass(path, find(params['host']), signal, { query: Object.fromEntries(query) }),
    );
  const ofAll = (path: string): Route =>
    route('GET', `/admin/docker/usage/${path}`, 'operator', (request, signal) => {
      const id = request.query.get('host_id');
      // As other managers ask: one host, about objects of one kind.
      if (id !== null && request.query.has('entity_type')) {
        const query = Object.fromEntries([...request.query].filter(([key]) => key !== 'host_id'));
        return pass(`usage/${path}`, find(id), signal, { query });
      }
      const chosen = id === null ? hosts : [find(id)];
      return askAll(chosen, async (client) => {
        const answer = await client.pass({ method: 'GET', path: `docker/usage/${path}` }, TIMEOUTS.quotas, signal);
        return path === 'review-queue' ? queueIn(answer) : answer;
      });
    });
  const decide = (method: 'POST' | 'DELETE'): Route =>
    route(method, '/admin/docker/usage/attribute', 'operator', ({ query, body }: RouteRequest, signal) =>
      pass('usage/attribute', find(query.get('host_id') ?? ''), signal, {
        method,
        query: Object.fromEntries([...query].filter(([key]) => key !== 'host_id')),
        ...(body !== undefined && { body }),
      }),
    );
  return [
    ...['containers', 'images', 'volumes', 'inspect', 'usage/attribution-detail'].map(ofHost),
    ...['attribution-detail', 'review-queue', 'events'].map(ofAll),
    decide('POST'),
    decide('DELETE'),
  ];
}

/** A page shows it item by item: one host with an answer of another kind has an error in its place. */
function queueIn(answer: Json): Json {
  const isItem = (item: Json): boolean =>
    isJsonObject(item) && ['kind', 'id', 'name', 'reason'].every((key) => typeof item[key] === 'string');
  if (Array.isArray(answer) && answer.every(isItem)) return answer;
  throw new Error('the host answered something else than what is to be decided');
}
