import { type Backend, definePlugin, type PluginContext } from '../../src/plugin/contract.ts';
import { parseAccountId } from './accounts/account-id.ts';
import { apply } from './apply.ts';
import { attributes } from './attributes.ts';
import { check } from './check.ts';
import { commands } from './commands/commands.ts';
import { createDeps, type Effects } from './deps.ts';
import { hostOf } from './host-of.ts';
import { observe } from './observe.ts';
import { offering } from './offering.ts';
import { createRunning } from './running.ts';
import { claims, naming, problems, type Settings, settingsSchema } from './settings.ts';
import { usage } from './usage.ts';

/** A week for the operator of a host to agree that an existing user is limited. */
const APPROVAL_MS = 7 * 24 * 60 * 60 * 1000;

export const plugin = definePlugin<Settings>({
  apiVersion: 2,
  id: 'host-quota',
  summary: 'Disk quotas of users, groups, directories and subvolumes on storage hosts',
  settings: settingsSchema,
  components: {
    storage: { unit: 'bytes', limit: { step: 1024n }, usage: true },
    objects: { unit: 'objects', limit: {}, usage: true },
  },
  attributes,
  keys: 0,
  metering: ['current'],
  gauges: { enforced: 'Whether the limit binds: 1, or 0 when the file system only stores it.' },
  pendingMs: APPROVAL_MS,
  offering,
  naming,
  commands,
  problems,
  claims,
  emulate: async (options) => (await import('./mock/emulate.ts')).emulate(options),
  create: (context) => createBackend(context),
});

/** `effects` is where they go. */
export function createBackend(context: PluginContext<Settings>, effects?: Effects): Backend {
  const deps = createDeps(context, effects);
  const running = createRunning(deps, hostOf(deps));
  return {
    check: (signal) => check(deps, signal),
    observe: (accounts, signal) => observe(deps, accounts, signal),
    apply: (action, signal) => apply(deps, action, signal),
    usage: (accounts, _, signal) => usage(deps, accounts, signal),
    serve: (signal) => running.serve(signal),
    routes: running.routes,
    jobs: running.jobs,
    part: (account) => parseAccountId(account)?.host ?? deps.hostId,
    close: async () => {
      running.close();
      deps.close();
    },
  };
}
