import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Lab } from '../../../src/plugin/conformance.ts';
import type { Action, Backend, PluginContext, Quota } from '../../../src/plugin/contract.ts';
import { createMemoryDocuments } from '../../../src/plugin/memory-documents.ts';
import { manualClock } from '../../../test/fakes/clock.ts';
import { COMMON } from '../../../test/fakes/common-settings.ts';
import { silentLog } from '../../../test/fakes/log.ts';
import { formatAccountId, parseAccountId } from '../accounts/account-id.ts';
import type { Effects } from '../deps.ts';
import { createBackend } from '../index.ts';
import { type Settings, settingsSchema } from '../settings.ts';
import { createFakeHost, type FakeHost } from './fake-tools.ts';

export const OURS = '0123456789abcdef0123456789abcdef';
export const OTHER = 'fedcba9876543210fedcba9876543210';
export const ACCOUNT = 'waldur_org_one_01234567';
export const { signal } = new AbortController();

/** The settings with the defaults of the schema. */
export function withDefaults(changes: Partial<Settings> & Pick<Settings, 'device'>): Settings {
  const properties = settingsSchema['properties'] as Record<string, { default?: unknown }>;
  const defaults = Object.entries(properties).flatMap(([key, { default: value }]) =>
    value === undefined ? [] : [[key, value]],
  );
  return { ...(Object.fromEntries(defaults) as unknown as Settings), host_id: 'storage1', ...changes };
}

/** The order of one account without attributes. */
export function createAccount(quota: Partial<Quota>): Action {
  return { kind: 'create-account', displayName: 'x', quota, attributes: {}, account: ACCOUNT, resource: OURS };
}

/** A host with a registry of its own, and the backend on it as a new process has it. */
export interface HostLab extends Lab {
  readonly host: FakeHost;
  readonly context: PluginContext<Settings>;
  open(effects?: Partial<Effects>): Backend;
}

export async function createLab(changes: Partial<Settings> = {}, fstype: 'ext4' | 'xfs' = 'ext4'): Promise<HostLab> {
  const registry = await mkdtemp(join(tmpdir(), 'host-quota-'));
  const host = createFakeHost(fstype);
  const settings = withDefaults({ device: '/srv/data', registry, api_key: SECRET, ...changes });
  const clock = manualClock();
  const context: PluginContext<Settings> = {
    settings,
    log: silentLog(),
    clock,
    common: COMMON,
    store: createMemoryDocuments(clock),
    http: () => {
      throw new Error('nothing here speaks HTTP');
    },
    random: (bytes) => new Uint8Array(bytes).fill(++randoms),
  };
  const idOf = (account: string): number => parseAccountId(account)?.id ?? -1;
  let foreign = 1500;
  let randoms = 0;
  return {
    host,
    context,
    open: (effects) => createBackend(context, { ...host, ...effects }),
    makeForeign: async (name) => {
      const id = foreign++;
      host.addUser(name, id, 'Somebody Else');
      host.change('-u', id, { blockHard: 4096n, inodeHard: 8n });
      return formatAccountId({ host: 'storage1', subject: 'user', id, device: '/srv/data' });
    },
    store: async (account, bytes) => {
      const { usedBytes, usedInodes } = host.row('-u', idOf(account));
      host.change('-u', idOf(account), { usedBytes: usedBytes + BigInt(bytes), usedInodes: usedInodes + 1n });
    },
    hide: async (account) => host.garble(idOf(account)),
    secrets: [SECRET],
    close: () => rm(registry, { recursive: true, force: true }),
  };
}

const SECRET = 'never to be shown';
