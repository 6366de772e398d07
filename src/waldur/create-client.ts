import { isAgentError } from '../lib/errors.ts';
import { createAgents } from './agents.ts';
import { createApi, route, type WaldurAccess, type WaldurDeps } from './api.ts';
import { createApiKeys } from './api-keys.ts';
import type { Waldur } from './client.ts';
import { decodeUser } from './decode.ts';
import { createImports } from './imports.ts';
import { createOfferings } from './offerings.ts';
import { createOrders } from './orders.ts';
import { createQueues } from './queues.ts';
import { reader } from './reader.ts';
import { createResources } from './resources.ts';
import { createUsages } from './usages.ts';

const USER_FIELDS = ['uuid', 'username', 'is_staff', 'token_lifetime', 'permissions'];

/** No request is made before the first call. */
export function createWaldur(access: WaldurAccess, deps: WaldurDeps): Waldur {
  const api = createApi(access, deps);
  return {
    orders: createOrders(api),
    resources: createResources(api),
    usages: createUsages(api),
    apiKeys: createApiKeys(api),
    imports: createImports(api),
    offerings: createOfferings(api),
    agents: createAgents(api, deps.version),
    queues: createQueues(api),
    me: async (signal) => decodeUser(await api.get('users.me', 'users/me/', { field: USER_FIELDS }, signal)),
    version: async (signal) => {
      try {
        const answer = await api.attempt('version', () => api.get('version', route('version'), {}, signal));
        return answer === undefined ? undefined : reader('version', answer).text('version') || undefined;
      } catch (error) {
        // Servers of 2024 tell it to staff only.
        if (isAgentError(error) && error.status === 403) return undefined;
        throw error;
      }
    },
    clockSkewMs: () => api.clockSkewMs(),
    close: () => api.close(),
  };
}
