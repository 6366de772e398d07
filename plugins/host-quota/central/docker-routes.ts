import type { HttpRequest } from '../../../src/lib/http.ts';
import type { Json } from '../../../src/lib/json.ts';
import type { Route, RouteRequest } from '../../../src/plugin/contract.ts';
import { TIMEOUTS } from '../remote/client.ts';
import type { CentralRoute } from './deps.ts';
import { decisionFor, reviewOf } from './docker-review.ts';
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
      return askAll(chosen, (client) =>
        path === 'review-queue'
          ? reviewOf(client, signal)
          : client.pass({ method: 'GET', path: `docker/usage/${path}` }, TIMEOUTS.quotas, signal),
      );
    });
  const decide = (method: 'POST' | 'DELETE'): Route =>
    route(method, '/admin/docker/usage/attribute', 'operator', async ({ query, body }: RouteRequest, signal) => {
      const host = find(query.get('host_id') ?? '');
      const decision = await decisionFor(host.client, body, signal);
      return pass('usage/attribute', host, signal, {
        method,
        query: Object.fromEntries([...query].filter(([key]) => key !== 'host_id')),
        ...(decision !== undefined && { body: decision }),
      });
    });
  return [
    ...['containers', 'images', 'volumes', 'inspect', 'usage/attribution-detail'].map(ofHost),
    ...['attribution-detail', 'review-queue', 'events'].map(ofAll),
    decide('POST'),
    decide('DELETE'),
  ];
}
