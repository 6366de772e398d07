import { systemClock } from '../../../../src/lib/clock.ts';
import { createHttp } from '../../../../src/lib/http.ts';
import type { Json } from '../../../../src/lib/json.ts';
import type { RoutePerson } from '../../../../src/plugin/contract.ts';
import { createMemoryDocuments } from '../../../../src/plugin/memory-documents.ts';
import { silentLog } from '../../../../test/fakes/log.ts';
import type { CentralDeps } from '../../central/deps.ts';
import type { CentralHost } from '../../central/hosts.ts';
import { createCentralRoutes } from '../../central/routes.ts';
import type { MockHostId } from '../../mock/hosts.ts';
import { createMockHost } from '../../mock/mock-host.ts';
import { createGuard } from '../../remote/auth.ts';
import { createRemoteClient, type RemoteClient } from '../../remote/client.ts';
import { type Listener, listen } from '../../remote/listen.ts';
import { createHostRoutes } from '../../remote/routes.ts';
import type { RemoteHost } from '../../settings.ts';
import { mustBeDescribed } from './described.ts';

export const KEY = 'a key of the hosts';
export const { signal } = new AbortController();

export interface RunningHost extends Listener {
  readonly url: string;
  readonly client: RemoteClient;
}

/** A made-up host on a port of loopback, and a client of it. */
export async function startHost(id: MockHostId, key: string | undefined = KEY): Promise<RunningHost> {
  const { host, docker } = createMockHost(id, systemClock, silentLog());
  const routes = createHostRoutes(host, createGuard(key, systemClock), docker);
  const listener = await listen(routes, { listen: '127.0.0.1:0' }, signal);
  const url = `http://127.0.0.1:${listener.port}`;
  return { ...listener, url, client: clientOf(id, url) };
}

export function clientOf(id: string, url: string, key = KEY, more: Partial<RemoteHost> = {}): RemoteClient {
  return createRemoteClient(
    { http: (options) => createHttp(options, { clock: systemClock }) },
    { id, url, api_key: key, ...more },
  );
}

export function hostRoutes() {
  return createHostRoutes(createMockHost('host1', systemClock, silentLog()).host, createGuard(KEY, systemClock));
}

/** One request with or without a key; the answer as it came. */
export async function ask(
  url: string,
  { method = 'GET', body, key = KEY }: { method?: string; body?: unknown; key?: string | null } = {},
): Promise<{ readonly status: number; readonly body: unknown }> {
  const headers = {
    ...(key !== null && { authorization: `Basic ${Buffer.from(`api:${key}`).toString('base64')}` }),
    'content-type': 'application/json',
  };
  const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
  const answer = await fetch(url, init);
  const text: unknown = await answer.json();
  mustBeDescribed(method, new URL(url).pathname, answer.status, text);
  return { status: answer.status, body: text };
}

/** The central side over these hosts, as routes that a test calls. */
export function central(hosts: readonly CentralHost[], secret?: string, changes: Partial<CentralDeps> = {}) {
  const received: unknown[] = [];
  const { clock = systemClock } = changes;
  const store = createMemoryDocuments(clock);
  const routes = createCentralRoutes({
    hosts,
    store,
    clock,
    log: silentLog(),
    userClaim: undefined,
    events: createGuard(secret, systemClock),
    receive: async (hostId, events) => void received.push({ hostId, events }),
    ...changes,
  });
  const call = async (
    method: string,
    path: string,
    { params = {}, query = '', body, headers = {}, person = { name: 'charlie', isOperator: true } }: CallOptions = {},
  ) => {
    const route = routes.find((one) => one.method === method && one.path === `/api${path}`);
    if (route === undefined) throw new Error(`there is no ${method} ${path}`);
    const request = { params, query: new URLSearchParams(query), headers, body, person, remoteAddress: '127.0.0.1' };
    const reply = await route.handle(request, signal);
    mustBeDescribed(method, `/api${path}`.replace(/:(\w+)/g, '{$1}'), reply.status, reply.body);
    return reply;
  };
  return { routes, call, received, store };
}

interface CallOptions {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly body?: Json;
  readonly headers?: Readonly<Record<string, string>>;
  readonly person?: RoutePerson;
}
