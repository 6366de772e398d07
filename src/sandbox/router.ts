import type { Handler, Routes } from './call.ts';
import { agentRoutes } from './routes/agents.ts';
import { allocationRoutes } from './routes/allocation.ts';
import { apiKeyRoutes } from './routes/api-keys.ts';
import { consumerRoutes } from './routes/consumer.ts';
import { importRoutes } from './routes/imports.ts';
import { lookupRoutes } from './routes/lookups.ts';
import { componentRoutes } from './routes/offering-components.ts';
import { offeringUserRoutes } from './routes/offering-users.ts';
import { offeringRoutes } from './routes/offerings.ts';
import { orderRoutes } from './routes/orders.ts';
import { providerResourceRoutes } from './routes/provider-resources.ts';
import { queueRoutes } from './routes/queues.ts';
import { teamRoutes } from './routes/team.ts';
import { usageRoutes } from './routes/usages.ts';
import type { Profile } from './world.ts';

const ALL: Routes = {
  ...orderRoutes,
  ...providerResourceRoutes,
  ...teamRoutes,
  ...usageRoutes,
  ...apiKeyRoutes,
  ...offeringRoutes,
  ...componentRoutes,
  ...agentRoutes,
  ...queueRoutes,
  ...consumerRoutes,
  ...importRoutes,
  ...lookupRoutes,
  ...offeringUserRoutes,
  ...allocationRoutes,
};

/** Routes an older release does not have: it responds with an HTML page. */
const ABSENT: Readonly<Record<Profile, RegExp>> = {
  '8.1': /slurm-remote/,
  '8.0': /register_queue|event-consumers|slurm-remote/,
  '2024': new RegExp(
    [
      'site-agent',
      'event-',
      'backend-resource',
      'api-keys',
      'orders/:u/(set_backend_id|retry|set_provider_info)',
      'provider-resources/:u/(set_limits|set_endpoints|refresh_last_sync|set_as_ok|set_state_ok|update_options_direct)',
      'provider-resources/:u/(set_membership_sync_statuses|pull|set_effective_id|sync_user_roles|restore|update_options)',
      'marketplace-resources/:u/(restore|renew)',
      'provider-offerings/:u/(check_unique_backend_id|sync_resources|user-attribute-config|list_)',
    ].join('|'),
  ),
};

/** Lists a real Waldur has and the sandbox does not: returned empty, and noted. */
const KNOWN_LISTS = /^(marketplace-[a-z-]+|[a-z]+-permissions|roles|keys|events|invoices|users|slurm-[a-z-]+)\/$/;

export type Match =
  | { readonly kind: 'route'; readonly handler: Handler; readonly uuid: string }
  /** The path names an object by something that is no UUID. */
  | { readonly kind: 'no-object'; readonly model: string }
  | { readonly kind: 'wrong-method' | 'unknown-list' | 'unknown' | 'absent' };

export type Router = (method: string, path: string) => Match;

const PATH = /^\/api\/([^/]+)\/(?:([0-9a-fA-F]{32}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\/)?(.*)$/;

export function createRouter(profile: Profile): Router {
  const absent = ABSENT[profile];
  const routes = new Map(Object.entries(ALL).filter(([name]) => !absent.test(name)));
  const paths = new Set([...routes.keys()].map((name) => name.slice(name.indexOf(' ') + 1)));
  return (method, path) => {
    const [, collection = '', rawUuid, rest = ''] = PATH.exec(path) ?? [];
    const pattern = `${collection}/${rawUuid === undefined ? '' : ':u/'}${rest}`;
    const handler = routes.get(`${method === 'HEAD' ? 'GET' : method} ${pattern}`);
    if (handler !== undefined) {
      const uuid = (rawUuid ?? '').toLowerCase().replaceAll('-', '');
      return { kind: 'route', handler, uuid };
    }
    if (absent.test(pattern)) return { kind: 'absent' };
    if (paths.has(pattern)) return { kind: 'wrong-method' };
    if (method === 'GET' && KNOWN_LISTS.test(pattern)) return { kind: 'unknown-list' };
    if (profile === '2024')
      return rawUuid === undefined ? elsewhere(`${collection}/`, rest, paths) : { kind: 'absent' };
    return { kind: [...paths].some((known) => known.startsWith(`${collection}/`)) ? 'unknown' : 'absent' };
  };
}

const MODELS: Readonly<Record<string, string>> = {
  'marketplace-orders/': 'Order',
  'marketplace-resources/': 'Resource',
  'marketplace-provider-resources/': 'Resource',
  'marketplace-provider-offerings/': 'Offering',
  'marketplace-plans/': 'Plan',
  'marketplace-component-usages/': 'ComponentUsage',
};

/** The 2024 release looks for an object of any name, and has a page for actions it does not know. */
function elsewhere(collection: string, rest: string, paths: ReadonlySet<string>): Match {
  const model = MODELS[collection];
  const known = paths.has(`${collection}:u/${rest.slice(rest.indexOf('/') + 1)}`);
  return model !== undefined && known && rest !== '' ? { kind: 'no-object', model } : { kind: 'absent' };
}
