import { type Backend, definePlugin, type PluginContext } from '../../src/plugin/contract.ts';
import { namesOf } from '../../src/plugin/naming.ts';
import { apply } from './apply.ts';
import { check } from './check.ts';
import { createDeps } from './deps.ts';
import { observe, unstamped } from './observe.ts';
import { naming, problems, type Settings, settingsSchema } from './settings.ts';
import { usage } from './usage.ts';

const storageLimit = {
  type: 'integer',
  label: 'Storage limit (GB)',
  help_text: 'How much all buckets together may hold.',
  required: true,
  default: 100,
  min: 1,
  max: 10_000,
} as const;

const objectLimit = {
  type: 'integer',
  label: 'Object limit',
  help_text: 'How many objects all buckets together may hold.',
  required: true,
  default: 10_000,
  min: 100,
  max: 10_000_000,
} as const;

export const plugin = definePlugin<Settings>({
  apiVersion: 2,
  id: 'croit-s3',
  aliases: ['ceph-s3'],
  summary: 'S3 users of a Ceph cluster, through croit or through the Admin Ops of its RADOS Gateway',
  settings: settingsSchema,
  components: {
    // croit keeps KiB and rounds up; the same for both flavours, so that a site can change from one to the other.
    storage: { unit: 'bytes', limit: { step: 1024n }, usage: true },
    objects: { unit: 'objects', limit: {}, usage: true },
  },
  keys: 2,
  metering: ['current', 'gb_days'],
  // The gateway alone keeps no history.
  unmetered: ({ flavour }) => (flavour === 'radosgw' ? ['gb_days'] : []),
  offering: {
    components: [
      {
        type: 's3_storage',
        name: 'S3 storage',
        measured_unit: 'GB',
        billing_type: 'usage',
        default_limit: 100,
        price: '0.02',
      },
      {
        type: 's3_objects',
        name: 'S3 objects',
        measured_unit: 'objects',
        billing_type: 'usage',
        default_limit: 10_000,
        price: '0.0001',
      },
    ],
    options: { storage_limit: storageLimit, object_limit: objectLimit },
    resource_options: { storage_limit: storageLimit, object_limit: objectLimit },
    plugin_options: {
      create_orders_on_resource_option_change: true,
      service_provider_can_create_offering_user: false,
      auto_create_admin_user: false,
    },
  },
  naming,
  problems,
  create: (context) => createBackend(context),
});

export function createBackend(context: PluginContext<Settings>): Backend {
  const deps = createDeps(context);
  return {
    check: (signal) => check(deps, signal),
    observe: (accounts, signal) => observe(deps, namesOf(accounts), signal),
    unstamped: (signal) => unstamped(deps, signal),
    apply: (action, signal) => apply(deps, action, signal),
    usage: (accounts, query, signal) => usage(deps, accounts, query, signal),
    close: async () => deps.client.close(),
  };
}
