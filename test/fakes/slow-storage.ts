import type { JsonObject } from '../../src/lib/json.ts';
import {
  type Action,
  AgentError,
  type Backend,
  definePlugin,
  type Observed,
  PLUGIN_API_VERSION,
  type Plugin,
  type Quota,
} from '../../src/plugin/contract.ts';

interface Volume {
  readonly id: string;
  readonly resource: string;
  readonly since: Date;
  quota: Quota;
  attributes: JsonObject;
  suspended: boolean;
  isReady: boolean;
}

/** A storage system that gives the ids itself, takes its time, and knows attributes. */
export interface SlowStorage {
  readonly plugin: Plugin;
  readonly volumes: Map<string, Volume>;
  /** How many accounts each call of `observe` was asked for. */
  readonly observed: number[];
  /** Every volume there is becomes ready. */
  finish(): void;
}

export function slowStorage({ pendingMs = 3_600_000 } = {}): SlowStorage {
  const volumes = new Map<string, Volume>();
  const observed: number[] = [];
  let last = 0;
  const ofResource = (resource: string): Volume | undefined =>
    [...volumes.values()].find((volume) => volume.resource === resource);

  function describe(volume: Volume): Observed {
    const { id: account, resource, since, quota, attributes, suspended } = volume;
    if (!volume.isReady) return { state: 'pending', account, resource, since, text: 'Making it.', againAfterMs: 1000 };
    return { state: 'found', account, resource, suspended, quota, attributes, keys: [], metadata: {}, endpoints: [] };
  }

  function change(action: Action, now: Date): { changed: boolean; account?: string } {
    const volume = volumes.get(action.account);
    switch (action.kind) {
      case 'create-account': {
        const twin = ofResource(action.resource);
        if (twin !== undefined) return { changed: false, account: twin.id };
        const id = `volume-${++last}`;
        const { resource, attributes } = action;
        const quota = { bytes: null, objects: null, ...action.quota };
        volumes.set(id, { id, resource, since: now, quota, attributes, suspended: false, isReady: false });
        return { changed: true, account: id };
      }
      case 'set-quota':
        if (volume !== undefined) volume.quota = action.to;
        return { changed: true };
      case 'configure':
        if (volume === undefined) return { changed: false };
        for (const { path, to } of action.changes) volume.attributes = { ...volume.attributes, [path]: to };
        return { changed: true };
      case 'delete-account':
        return { changed: volumes.delete(action.account) };
      case 'suspend':
      case 'resume':
      case 'issue-key':
      case 'revoke-key':
        throw new AgentError(`there is no ${action.kind}`, { code: 'SLOW_UNSUPPORTED', disposition: 'terminal' });
    }
  }

  const plugin = definePlugin({
    apiVersion: PLUGIN_API_VERSION,
    id: 'slow',
    summary: 'Volumes that take their time',
    settings: { type: 'object', additionalProperties: false, properties: {} },
    components: {
      storage: { unit: 'bytes', limit: {}, usage: true },
      objects: { unit: 'objects', limit: false, usage: true },
    },
    attributes: {
      schema: {
        type: 'object',
        additionalProperties: false,
        properties: {
          tier: { type: 'string', title: 'Tier', enum: ['fast', 'slow'] },
          tags: {
            type: 'array',
            title: 'Tags',
            items: { type: 'string', pattern: '^[a-z]+$' },
            'x-expected': 'words of small letters',
            'x-changeable': true,
          },
        },
      },
    },
    keys: 0,
    metering: ['current'],
    pendingMs,
    offering: { components: [], options: {}, resource_options: {}, plugin_options: {} },
    naming: () => ({ prefix: 'slow-', separator: '-', filler: '-', maxLength: 63 }),
    create: ({ clock }): Backend => ({
      check: async () => [{ name: 'volumes', status: 'ok', detail: `${volumes.size}` }],
      observe: async function* (accounts) {
        observed.push(accounts === 'all' ? -1 : accounts.length);
        if (accounts === 'all') yield* [...volumes.values()].map(describe);
        else
          for (const { account, resource = '' } of accounts) {
            const volume = volumes.get(account) ?? ofResource(resource);
            yield volume === undefined ? { state: 'absent', account } : describe(volume);
          }
      },
      apply: async (action) => change(action, clock.now()),
      usage: async function* () {},
      close: async () => undefined,
    }),
  });
  return {
    plugin,
    volumes,
    observed,
    finish: () => {
      for (const volume of volumes.values()) volume.isReady = true;
    },
  };
}
