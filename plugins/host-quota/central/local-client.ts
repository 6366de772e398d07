import type { Json } from '../../../src/lib/json.ts';
import { isJsonObject } from '../../../src/lib/json.ts';
import type { HostService } from '../host/service.ts';
import type { Guard } from '../remote/auth.ts';
import { match } from '../remote/listen.ts';
import { Refusal } from '../remote/reply.ts';
import { createHostRoutes } from '../remote/routes.ts';
import type { HostClient } from './hosts.ts';

/** The host the agent runs on, asked as the others are, without a network in between. */
export function createLocalClient(host: HostService): HostClient {
  const routes = createHostRoutes(host, INSIDE);
  const ask: HostClient['pass'] = async ({ method, path, query = {}, body }, _timeoutMs, signal) => {
    const found = routes.flatMap((route) => {
      const params = route.method === method ? match(route.path, `/remote-api/${path}`) : undefined;
      return params === undefined ? [] : [{ route, params }];
    })[0];
    if (found === undefined) throw new Refusal('not found', 404);
    const values = Object.entries(query).map(([key, value]): [string, string] => [key, String(value)]);
    const request = {
      query: new URLSearchParams(values),
      headers: {},
      body: body as Json | undefined,
      remoteAddress: '',
    };
    const { status, body: answer = null } = await found.route.handle({ ...request, params: found.params }, signal);
    if (status === 200) return answer;
    const text = isJsonObject(answer) ? answer['msg'] : undefined;
    throw new Refusal(typeof text === 'string' ? text : `status ${status}`, status);
  };
  return {
    ping: async () => undefined,
    users: async (signal) => (await ask({ method: 'GET', path: 'users' }, 0, signal)) as readonly string[],
    pass: ask,
  };
}

/** The central side has looked at the caller. */
const INSIDE: Guard = { basic: () => 'ok', bearer: () => 'ok' };
