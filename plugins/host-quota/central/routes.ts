import { isAgentError, toAgentError } from '../../../src/lib/errors.ts';
import { isJsonObject, type Json } from '../../../src/lib/json.ts';
import type { Route, RouteReply, RouteRequest } from '../../../src/plugin/contract.ts';
import { TIMEOUTS } from '../remote/client.ts';
import { badRequest, Refusal } from '../remote/reply.ts';
import { readId } from '../tools/parsed.ts';
import type { CentralDeps, CentralRoute } from './deps.ts';
import { centralDockerRoutes } from './docker-routes.ts';
import { askAll, type CentralHost, patient, pingAll, quotasOf } from './hosts.ts';
import { createMappingRoutes, mappingsOf } from './mapping-routes.ts';
import type { Mapping } from './mappings.ts';
import { rememberPerson } from './people.ts';
import { findNotification, listNotifications, removeNotification } from './receive.ts';

/** The API of the central side: all hosts together for administrators, and for everyone else what is mapped to them. */
export function createCentralRoutes(given: CentralDeps): readonly Route[] {
  const { store, clock } = given;
  const hosts = given.hosts.map((one) => patient(one, clock));
  const deps = { ...given, hosts };
  const host = (id: string | undefined, what = 'slave'): CentralHost => {
    const found = hosts.find((one) => one.id === id);
    if (found === undefined) throw new Refusal(`${what} not found`, 404);
    return found;
  };
  const route: CentralRoute = (method, path, role, handle) => ({
    method,
    path: `/api${path}`,
    role,
    handle: async (request, signal) => {
      try {
        if (request.person !== undefined) await rememberPerson(deps, request.person);
        return { status: 200, body: await handle(request, signal) };
      } catch (error) {
        signal.throwIfAborted();
        return word(error);
      }
    },
  });
  return [
    route('GET', '/health', 'public', async () => ({ status: 'ok' })),
    route('GET', '/me', 'user', async ({ person }) => {
      return { name: person?.name ?? '', is_admin: person?.isOperator === true };
    }),
    route('GET', '/me/quotas', 'user', (request, signal) => ownQuotas(deps, request, signal)),
    route('GET', '/quotas', 'operator', async (_, signal) => askAll(hosts, (client) => quotasOf(client, signal))),
    route('GET', '/quotas/:host', 'operator', ({ params }, signal) =>
      quotasOf(host(params['host'], 'host').client, signal),
    ),
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
    // A directory may take long to list its users.
    route('GET', '/hosts/:host/users', 'operator', ({ params }, signal) =>
      host(params['host'], 'host').client.pass({ method: 'GET', path: 'users' }, TIMEOUTS.quotas, signal),
    ),
    ...createMappingRoutes(deps, route),
    route('GET', '/admin/host-users', 'operator', async (_, signal) =>
      askAll(hosts, async (client) => [...(await client.users(signal))]),
    ),
    route('GET', '/admin/notifications', 'operator', async () => listNotifications(store)),
    route('GET', '/admin/notifications/:id', 'operator', async ({ params }) => {
      const found = await findNotification(store, params['id'] ?? '');
      if (found === undefined) throw new Refusal('notification not found', 404);
      return found;
    }),
    route('DELETE', '/admin/notifications/:id', 'operator', async ({ params }) => {
      await removeNotification(store, params['id'] ?? '');
      return { msg: 'ok' };
    }),
    ...centralDockerRoutes(route, (id) => host(id, 'host'), hosts),
    { method: 'POST', path: '/api/internal/slave-events', role: 'own', handle: (request) => hear(deps, request) },
  ];
}

async function ownQuotas(deps: CentralDeps, { person, query }: RouteRequest, signal: AbortSignal): Promise<Json> {
  const [hostId, user] = [query.get('host_id'), query.get('host_user_name')];
  const all = (await mappingsOf(deps, person)).filter(({ state }) => state === 'approved');
  // A host alone chooses nothing.
  const chosen =
    hostId === null || user === null ? all : all.filter((one) => one.hostId === hostId && one.user === user);
  if (hostId !== null && user !== null && chosen.length === 0) throw new Refusal('this user is not mapped to you', 403);
  const answers = await Promise.all(chosen.map((mapping) => quotasOfUser(deps, mapping, signal)));
  return Object.fromEntries(answers.flat()) as Json;
}

/** Empty for a user that a claim names on every host, where this host has none of that name. */
async function quotasOfUser(
  { hosts }: CentralDeps,
  { hostId, user, proof }: Mapping,
  signal: AbortSignal,
): Promise<readonly (readonly [string, Json])[]> {
  const path = `quotas/users/by-name/${encodeURIComponent(user)}`;
  const one = hosts.filter(({ id }) => id === hostId);
  let isUnknown = false;
  const asked = await askAll(one, async (client) => {
    try {
      return await client.pass({ method: 'GET', path }, TIMEOUTS.quotas, signal);
    } catch (error) {
      isUnknown = (isAgentError(error) || error instanceof Refusal) && error.status === 404;
      throw error;
    }
  });
  if (isUnknown && proof === 'claim') return [];
  return [[`${hostId}|${user}`, asked[hostId] ?? { error: { msg: 'host not found' } }]];
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

/** A host that does not answer is 502; what it refused for the caller's own reasons keeps its status. */
function word(error: unknown): RouteReply {
  if (error instanceof Refusal) return { status: error.status, body: { msg: error.message } };
  const { status, message } = toAgentError(error);
  if (!isAgentError(error)) throw error;
  return { status: status === 400 || status === 404 ? status : 502, body: { msg: message } };
}
