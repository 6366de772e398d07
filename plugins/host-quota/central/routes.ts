import type { Clock } from '../../../src/lib/clock.ts';
import { isAgentError, toAgentError } from '../../../src/lib/errors.ts';
import { isJsonObject, type Json } from '../../../src/lib/json.ts';
import type { Documents, Route, RouteReply, RouteRequest } from '../../../src/plugin/contract.ts';
import type { Guard } from '../remote/auth.ts';
import { TIMEOUTS } from '../remote/client.ts';
import { badRequest, type Handler, Refusal } from '../remote/reply.ts';
import { readId } from '../tools/parsed.ts';
import { centralDockerRoutes } from './docker-routes.ts';
import { askAll, type CentralHost, pingAll, quotasOf } from './hosts.ts';
import { addMapping, formatMapping, listMappings, readMapping, removeMapping } from './mappings.ts';

export interface CentralDeps {
  readonly hosts: readonly CentralHost[];
  readonly store: Documents;
  readonly clock: Clock;
  /** Of those who send events of hosts. */
  readonly events: Guard;
  /** What a host told; returns how many were taken. */
  receive(hostId: string, events: readonly Json[]): Promise<void>;
  notifications(): Promise<readonly Json[]>;
}

/** The API of the central side: all hosts together for administrators, and for everyone else what is mapped to them. */
export function createCentralRoutes(deps: CentralDeps): readonly Route[] {
  const { hosts, store, clock } = deps;
  const host = (id: string | undefined, what = 'slave'): CentralHost => {
    const found = hosts.find((one) => one.id === id);
    if (found === undefined) throw new Refusal(`${what} not found`, 404);
    return found;
  };
  const route = (method: Route['method'], path: string, role: Route['role'], handle: Handler): Route => ({
    method,
    path: `/api${path}`,
    role,
    handle: async (request, signal) => {
      try {
        return { status: 200, body: await handle(request, signal) };
      } catch (error) {
        signal.throwIfAborted();
        return word(error);
      }
    },
  });
  return [
    route('GET', '/health', 'public', async () => ({ status: 'ok' })),
    route('GET', '/me', 'user', async ({ person }) => ({
      name: person?.name ?? '',
      is_admin: person?.isOperator === true,
    })),
    route('GET', '/me/mappings', 'user', async ({ person }) =>
      (await listMappings(store, person?.name ?? '')).map(formatMapping),
    ),
    route('GET', '/me/quotas', 'user', (request, signal) => ownQuotas(deps, request, signal)),
    route('GET', '/quotas', 'operator', async (_, signal) => askAll(hosts, (client) => quotasOf(client, signal))),
    route('GET', '/quotas/:host/users/resolve', 'operator', ({ params, query }, signal) => {
      const username = query.get('username') ?? '';
      const call = { method: 'GET', path: 'users/resolve', query: { username } } as const;
      return host(params['host'], 'host').client.pass(call, TIMEOUTS.resolve, signal);
    }),
    route('PUT', '/quotas/:host/users/:uid', 'operator', ({ params, query, body = null }, signal) => {
      const uid = readId(params['uid']);
      if (uid === undefined) throw badRequest('the uid must be a number');
      const call = { method: 'PUT', path: `quotas/users/${uid}`, query: deviceIn(query), body } as const;
      return host(params['host']).client.pass(call, TIMEOUTS.set, signal);
    }),
    route('POST', '/quotas/:host/batch', 'operator', ({ params, body = null }, signal) =>
      host(params['host']).client.pass({ method: 'POST', path: 'quotas/batch', body }, TIMEOUTS.set, signal),
    ),
    route('GET', '/quotas/:host/default-quota', 'operator', ({ params, query }, signal) =>
      host(params['host']).client.pass(
        { method: 'GET', path: 'quotas/defaults', query: deviceIn(query) },
        TIMEOUTS.quotas,
        signal,
      ),
    ),
    route('PUT', '/quotas/:host/default-quota', 'operator', ({ params, query, body = null }, signal) =>
      host(params['host']).client.pass(
        { method: 'PUT', path: 'quotas/defaults', query: deviceIn(query), body },
        TIMEOUTS.set,
        signal,
      ),
    ),
    route('GET', '/hosts', 'operator', async () => hosts.map(({ id }) => ({ id }))),
    route('GET', '/hosts/ping', 'operator', async (_, signal) => pingAll(hosts, clock, signal)),
    route('GET', '/hosts/:host/users', 'operator', async ({ params }, signal) => [
      ...(await host(params['host'], 'host').client.users(signal)),
    ]),
    route('GET', '/admin/mappings', 'operator', async () => (await listMappings(store)).map(formatMapping)),
    route('POST', '/admin/mappings', 'operator', async ({ body }) => {
      const mapping = mappingIn(body);
      await addMapping(store, mapping);
      return formatMapping(mapping);
    }),
    route('DELETE', '/admin/mappings', 'operator', async ({ body, query }) => {
      await removeMapping(store, mappingIn(body ?? Object.fromEntries(query)));
      return { msg: 'ok' };
    }),
    ...centralDockerRoutes(route, (id) => host(id, 'host'), hosts),
    route('GET', '/admin/notifications', 'operator', async () => deps.notifications()),
    { method: 'POST', path: '/api/internal/slave-events', role: 'own', handle: (request) => hear(deps, request) },
  ];
}

async function ownQuotas(
  { hosts, store }: CentralDeps,
  { person, query }: RouteRequest,
  signal: AbortSignal,
): Promise<Json> {
  const [hostId, user] = [query.get('host_id'), query.get('host_user_name')];
  const all = await listMappings(store, person?.name ?? '');
  // A host alone chooses nothing.
  const chosen =
    hostId === null || user === null ? all : all.filter((one) => one.hostId === hostId && one.user === user);
  if (hostId !== null && user !== null && chosen.length === 0) throw new Refusal('this user is not mapped to you', 403);
  const answers = await Promise.all(
    chosen.map(async (mapping) => {
      const path = `quotas/users/by-name/${encodeURIComponent(mapping.user)}`;
      const one = hosts.filter(({ id }) => id === mapping.hostId);
      const asked = await askAll(one, (client) => client.pass({ method: 'GET', path }, TIMEOUTS.quotas, signal));
      const answer = asked[mapping.hostId] ?? { error: { msg: 'host not found' } };
      return [`${mapping.hostId}|${mapping.user}`, answer] as const;
    }),
  );
  return Object.fromEntries(answers) as Json;
}

async function hear(
  { events, receive }: CentralDeps,
  { headers, body, remoteAddress }: RouteRequest,
): Promise<RouteReply> {
  const key = headers['x-api-key'] ?? headers['authorization'];
  const verdict = events.bearer(key, remoteAddress);
  if (verdict === 'no-key') return { status: 503, body: { msg: 'SLAVE_EVENT_SECRET is not set' } };
  if (verdict !== 'ok') return { status: verdict === 'too-many' ? 429 : 401, body: { msg: 'unauthorized' } };
  const { host_id: hostId, events: list } = isJsonObject(body) ? body : {};
  if (typeof hostId !== 'string' || !Array.isArray(list)) {
    return { status: 400, body: { msg: 'host_id and events (array) required' } };
  }
  await receive(hostId, list as readonly Json[]);
  return { status: 200, body: { msg: 'ok' } };
}

function deviceIn(query: URLSearchParams): { readonly device: string } {
  return { device: query.get('device') ?? '' };
}

function mappingIn(body: Json | undefined): NonNullable<ReturnType<typeof readMapping>> {
  const mapping = isJsonObject(body) ? readMapping(body) : undefined;
  if (mapping === undefined) throw badRequest('oauth_user_name, host_id and host_user_name are required');
  return mapping;
}

/** A host that does not answer is 502; what it refused for the caller's own reasons keeps its status. */
function word(error: unknown): RouteReply {
  if (error instanceof Refusal) return { status: error.status, body: { msg: error.message } };
  const { status, message } = toAgentError(error);
  if (!isAgentError(error)) throw error;
  return { status: status === 400 || status === 404 ? status : 502, body: { msg: message } };
}
