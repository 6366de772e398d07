import { type Backend, definePlugin, type PluginContext } from '../../src/plugin/contract.ts';
import { namesOf } from '../../src/plugin/naming.ts';
import { apply } from './apply.ts';
import { check } from './check.ts';
import { createDeps, type Deps, otherNodes, type Storage } from './deps.ts';
import { storageError } from './errors.ts';
import { createGateway, type Gateway } from './gateway/server.ts';
import { observe, unstamped } from './observe.ts';
import { serve } from './serve.ts';
import { claims, naming, type Settings, settingsSchema } from './settings.ts';
import { type AgentSide, openAgentSide } from './thread/agent-side.ts';
import { canSharePort } from './thread/roles.ts';
import { usage } from './usage.ts';

const storageLimit = {
  type: 'integer',
  label: 'Storage limit (GB)',
  help_text: 'How much the bucket may hold.',
  required: true,
  default: 100,
  min: 1,
  max: 10_000,
} as const;

export const plugin = definePlugin<Settings>({
  apiVersion: 2,
  id: 'ironbucket-local',
  summary: 'S3 buckets in a local directory, in the on-disk format of IronBucket',
  settings: settingsSchema,
  components: {
    storage: { unit: 'bytes', limit: {}, usage: true },
    objects: { unit: 'objects', limit: false, usage: true },
  },
  keys: 1,
  metering: ['current'],
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
      { type: 's3_objects', name: 'S3 objects', measured_unit: 'objects', billing_type: 'usage', price: '0.0001' },
    ],
    options: { storage_limit: storageLimit },
    resource_options: { storage_limit: storageLimit },
    plugin_options: {
      create_orders_on_resource_option_change: true,
      service_provider_can_create_offering_user: false,
      auto_create_admin_user: false,
    },
  },
  naming,
  claims,
  create: (context) => createBackend(context),
});

/** `storage` is where the effects go. */
export function createBackend(context: PluginContext<Settings>, storage?: Storage): Backend {
  const { deps, gateway, run } = assemble(context, storage);
  const { trash, cluster, quotas } = deps;
  let swept = false;
  /** What an interrupted removal left behind, once per start and never by a command that only reads. */
  const sweepOnce = (): void => {
    if (!swept) trash.sweep();
    swept = true;
  };
  return {
    check: (signal) => check(deps, gateway, signal),
    observe: (accounts, signal) => translateStream(observe(deps, namesOf(accounts), signal), 'reading the accounts'),
    unstamped: (signal) => translateStream(unstamped(deps, signal), 'reading the accounts'),
    apply: async (action, signal) => {
      // Keys are given out only once the gateway serves the bucket.
      await gateway.tried();
      sweepOnce();
      try {
        return await apply(deps, action, signal);
      } catch (error) {
        throw storageError(error, `${action.kind} of ${action.account}`);
      }
    },
    usage: (accounts, _, signal) => translateStream(usage(deps, accounts, signal), 'counting the buckets'),
    // Data that was ordered away must not wait on the disk for the next order.
    serve: async (signal) => {
      sweepOnce();
      await run(signal);
    },
    close: async () => {
      cluster.close();
      await quotas.close();
      await trash.close();
    },
  };
}

interface Assembled {
  readonly deps: Deps;
  readonly gateway: Pick<Gateway, 'tried' | 'failure'>;
  run(signal: AbortSignal): Promise<void>;
}

/** With the gateway in a thread of its own, unless the settings or the effects of a test keep it in this one. */
function assemble(context: PluginContext<Settings>, storage: Storage | undefined): Assembled {
  const { settings } = context;
  const others = otherNodes(context);
  if (!settings.gateway || settings.gateway_workers === 0 || storage !== undefined) {
    const deps = createDeps(context, { others, ...storage });
    const gateway = createGateway(deps);
    return { deps, gateway, run: (signal) => serve(deps, gateway, signal) };
  }
  let changed: AgentSide['notice'] = () => undefined;
  const local = createDeps(context, { others, changed: (...change) => changed(...change) });
  const sharesPort = canSharePort(process.platform, process.versions.node);
  const { deps, gateway, serve: run, notice } = openAgentSide(local, others, sharesPort);
  changed = notice;
  return { deps, gateway, run };
}

async function* translateStream<T>(items: AsyncIterable<T>, doing: string): AsyncGenerator<T> {
  try {
    yield* items;
  } catch (error) {
    throw storageError(error, doing);
  }
}
