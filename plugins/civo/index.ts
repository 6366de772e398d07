import { type Backend, definePlugin, type PluginContext } from '../../src/plugin/contract.ts';
import { apply } from './apply.ts';
import { attributes } from './attributes.ts';
import { check } from './check.ts';
import { manifestCommand } from './commands/manifest.ts';
import { outputsCommand } from './commands/outputs.ts';
import { createDeps } from './deps.ts';
import { observe, unstamped } from './observe.ts';
import { offering } from './offering.ts';
import { defaultAttributes, naming, problems, type Settings, settingsSchema, tokenOf } from './settings.ts';
import { SIZE_RULES } from './size.ts';
import { usage } from './usage.ts';

/** Longer than any `create_timeout`, which ends it before. */
const PENDING_MS = 25 * 3_600_000;

export const plugin = definePlugin<Settings>({
  apiVersion: 2,
  id: 'civo',
  aliases: ['civo-object-store'],
  summary: 'Civo object stores: a bucket of a fixed size with keys of its own',
  settings: settingsSchema,
  components: {
    storage: { unit: 'bytes', limit: SIZE_RULES, usage: true },
    objects: { unit: 'objects', limit: false, usage: true },
  },
  attributes,
  keys: 1,
  metering: ['current'],
  gauges: {
    size_bytes: 'Size of the store that Civo bills.',
    used_bytes: 'What the store holds, as last measured.',
    created_timestamp_seconds: 'When the store was ordered at Civo.',
    creation_seconds: 'How long Civo took until the store was ready.',
  },
  pendingMs: PENDING_MS,
  offering,
  naming,
  defaultAttributes,
  problems,
  commands: [manifestCommand, outputsCommand],
  // The account of a token: Civo counts requests and quota by it.
  shares: (settings) => `${settings.api_url} ${tokenOf(settings)}`,
  // No part of an installed package, so it is looked for only when it is asked for.
  emulate: async (options) => (await import('./emulator/emulate.ts')).emulate(options),
  create: (context) => createBackend(context),
});

export function createBackend(context: PluginContext<Settings>): Backend {
  const deps = createDeps(context);
  return {
    check: (signal) => check(deps, signal),
    observe: (accounts, signal) => observe(deps, accounts, signal),
    unstamped: (signal) => unstamped(deps, signal),
    apply: (action, signal) => apply(deps, action, signal),
    usage: (accounts, query, signal) => usage(deps, accounts, query, signal),
    close: async () => deps.client.close(),
  };
}
