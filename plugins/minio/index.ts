import { type Backend, definePlugin, type Job, type PluginContext } from '../../src/plugin/contract.ts';
import { namesOf } from '../../src/plugin/naming.ts';
import { apply } from './apply.ts';
import { attributeRules } from './attributes.ts';
import { check } from './check.ts';
import { commands, retain } from './commands.ts';
import { createDeps, type Deps } from './deps.ts';
import { keep } from './keep.ts';
import type { Deriver } from './madmin/deriver.ts';
import { observe, unstamped } from './observe.ts';
import { endpointOf, naming, problems, type Settings, settingsSchema } from './settings.ts';
import { keepsSamples, openStorage, storageSettings } from './storage.ts';
import { usage } from './usage.ts';

const storageLimit = {
  type: 'integer',
  label: 'Storage limit (GB)',
  help_text: 'How much the buckets may hold. Kept by a count that lags behind by a minute or more.',
  required: true,
  default: 100,
  min: 1,
  max: 10_000,
} as const;

export const plugin = definePlugin<Settings>({
  apiVersion: 2,
  id: 'minio',
  aliases: ['rustfs'],
  summary: 'Users, buckets, quotas and keys on a MinIO server, through its admin API',
  settings: settingsSchema,
  components: {
    // 0 is "no limit" to the server.
    storage: { unit: 'bytes', limit: { min: 1n, zero: false }, usage: true },
    objects: { unit: 'objects', limit: false, usage: true },
  },
  attributes: attributeRules,
  keys: 2,
  metering: ['current'],
  gauges: { over_limit_bytes: 'How far the account is over its limit by the last count; 0 within it.' },
  offering: {
    components: [
      {
        type: 'storage',
        name: 'Object storage',
        measured_unit: 'GB',
        billing_type: 'usage',
        default_limit: 100,
        price: '0.02',
      },
    ],
    options: {
      storage_limit: storageLimit,
      bucket_name: { type: 'string', label: 'Bucket name', help_text: 'Chosen by the provider when it is empty.' },
      versioning: { type: 'boolean', label: 'Keep old versions', default: false },
      object_lock: { type: 'boolean', label: 'Versions can be locked', default: false },
      lifecycle_days: { type: 'integer', label: 'Days until objects expire', min: 1, max: 36_500 },
    },
    resource_options: {
      storage_limit: storageLimit,
      versioning: { type: 'boolean', label: 'Keep old versions' },
      lifecycle_days: { type: 'integer', label: 'Days until objects expire', min: 1, max: 36_500 },
    },
    plugin_options: {
      create_orders_on_resource_option_change: true,
      service_provider_can_create_offering_user: false,
      auto_create_admin_user: false,
    },
  },
  naming,
  shares: endpointOf,
  commands,
  problems,
  create: (context) => createBackend(context),
});

export function createBackend(context: PluginContext<Settings>, deriver?: Deriver): Backend {
  const deps = createDeps(context, deriver);
  return {
    check: (signal) => check(deps, signal),
    observe: (accounts, signal) => observe(deps, namesOf(accounts), signal),
    unstamped: (signal) => unstamped(deps, signal),
    apply: (action, signal) => apply(deps, action, signal),
    usage: (accounts, query, signal) => usage(deps, accounts, query, signal),
    jobs: jobsOf(deps),
    close: () => deps.client.close(),
  };
}

/** Expired samples are looked for only where they are kept. */
function jobsOf(deps: Deps): readonly Job[] {
  const { settings } = deps;
  const keeping: Job = {
    name: 'keep',
    schedule: settings.keep_schedule,
    deadlineMs: 240_000,
    run: (signal) => keep(deps, signal),
  };
  const retention: Job = {
    name: 'retention',
    schedule: settings.retention_schedule,
    deadlineMs: 4 * 3_600_000,
    run: async (signal) => retain(await openStorage(storageSettings(settings), deps), signal),
  };
  return keepsSamples(settings) ? [keeping, retention] : [keeping];
}
