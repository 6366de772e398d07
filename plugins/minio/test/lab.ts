import { createHash } from 'node:crypto';
import { createHttp } from '../../../src/lib/http.ts';
import type { Step } from '../../../src/plugin/conformance/world.ts';
import type { Lab } from '../../../src/plugin/conformance.ts';
import { createMemoryDocuments } from '../../../src/plugin/conformance.ts';
import type { Action, Backend, Found, Observed, PluginContext, Quota, Usage } from '../../../src/plugin/contract.ts';
import { type ManualClock, manualClock } from '../../../test/fakes/clock.ts';
import { COMMON } from '../../../test/fakes/common-settings.ts';
import { completeSettings } from '../../../test/fakes/complete-settings.ts';
import { type Emulator, startEmulator } from '../../../test/labs/minio/emulator.ts';
import { policyName } from '../bucket-names.ts';
import { createBackend, plugin } from '../index.ts';
import { bucketsIn } from '../policy.ts';
import type { Settings } from '../settings.ts';
import { instantDeriver } from './instant-deriver.ts';
import { keepingLog } from './keeping-log.ts';

export const OURS = '0123456789abcdef0123456789abcdef';
export const OTHER = 'fedcba9876543210fedcba9876543210';
export const ACCOUNT = 'waldur_org_one_01234567';
export const BUCKET = 'waldur-org-one-01234567';
export const MIB = 1_048_576n;
export const { signal } = new AbortController();

/** An emulated server, the plugin's view of it, and what the plugin logged. */
export interface Site {
  readonly emulator: Emulator;
  readonly clock: ManualClock;
  readonly lines: string[];
  readonly deriver: ReturnType<typeof instantDeriver>;
  settings(changes?: Partial<Settings>): Settings;
  context(changes?: Partial<Settings>): PluginContext<Settings>;
  open(changes?: Partial<Settings>): Backend;
  /** Puts an object into the first bucket of the account, and lets the scanner see it. */
  store(account: string, bytes: number, key?: string): void;
  close(): Promise<void>;
}

export async function startSite(): Promise<Site> {
  const clock = manualClock('2026-11-28T12:00:00Z');
  const deriver = instantDeriver();
  const emulator = await startEmulator({ clock, deriver });
  const lines: string[] = [];
  const backends: Backend[] = [];
  const documents = createMemoryDocuments(clock);
  let count = 0;
  const site: Site = {
    emulator,
    clock,
    lines,
    deriver,
    settings: (changes = {}) => {
      const { accessKey, secretKey } = emulator.root;
      const { host } = new URL(emulator.endpoint);
      return withDefaults({ endpoint: host, admin_access_key: accessKey, admin_secret_key: secretKey, ...changes });
    },
    context: (changes) => ({
      settings: site.settings(changes),
      log: keepingLog(lines),
      http: (options) => createHttp(options, { clock }),
      clock,
      common: COMMON,
      store: documents,
      random: (bytes) => shake(String(count++), bytes),
    }),
    open: (changes) => {
      const backend = createBackend(site.context(changes), deriver);
      backends.push(backend);
      return backend;
    },
    store: (account, bytes, key = `object-${emulator.requests.length}-${count++}`) => {
      const [bucket = ''] = bucketsIn(emulator.state.policies.get(policyName(account))?.document);
      const nothing = { content: undefined, etag: 'e', modified: clock.now(), type: '', metadata: {} };
      emulator.store.put(bucket, key, { ...nothing, size: bytes });
      emulator.scan();
    },
    close: async () => {
      for (const backend of backends) await backend.close();
      await emulator.close();
    },
  };
  return site;
}

/** Other bytes for every seed, and the same in every run. */
function shake(seed: string, outputLength: number): Uint8Array {
  return createHash('shake256', { outputLength }).update(seed).digest();
}

/** For the conformance suite. The scanner runs whenever something is looked at. */
export async function createLab(changes: Partial<Settings> = {}): Promise<Lab> {
  const site = await startSite();
  const { emulator } = site;
  emulator.intercept = ({ url = '' }) => {
    if (url.includes('datausageinfo')) emulator.scan();
    return false;
  };
  return {
    open: () => site.open(changes),
    makeForeign: async (account) => {
      emulator.state.users.set(account, { secret: 'secret-of-a-stranger', enabled: true });
    },
    store: async (account, bytes) => {
      site.store(account, bytes);
      await site.clock.advance(10_000);
    },
    hide: async (account) => {
      const bucket = account.replaceAll('_', '-');
      // Its own calls fail, and the scanner has lost its bucket.
      emulator.intercept = ({ url = '' }, response) => {
        if (url.includes('datausageinfo')) {
          emulator.scan();
          const { usage } = emulator.state;
          const counted = [...(usage?.buckets ?? [])].filter(([name]) => name !== bucket);
          emulator.state.usage = usage && { ...usage, buckets: new Map(counted) };
          return false;
        }
        const isIt = url.includes(account) || url.includes(bucket);
        if (isIt) response.writeHead(503).end('<h1>Service Unavailable</h1>');
        return isIt;
      };
    },
    secrets: [emulator.root.secretKey],
    close: () => site.close(),
  };
}

export function withDefaults(settings: Readonly<Record<string, unknown>>): Settings {
  return completeSettings(plugin.settings, settings);
}

export function action(step: Step, account = ACCOUNT, resource = OURS): Action {
  return { account, resource, ...step };
}

export function create(quota: Partial<Quota> = { bytes: 10n * MIB }, attributes = {}, account = ACCOUNT): Action {
  return action({ kind: 'create-account', displayName: 'Files of One', quota, attributes }, account);
}

export async function observe(backend: Backend, accounts: readonly string[] | 'all' = [ACCOUNT]): Promise<Observed[]> {
  const sought = accounts === 'all' ? 'all' : accounts.map((account) => ({ account }));
  const all: Observed[] = [];
  for await (const observed of backend.observe(sought, signal)) all.push(observed);
  return all;
}

export async function found(backend: Backend, account = ACCOUNT): Promise<Found> {
  const [observed] = await observe(backend, [account]);
  if (observed?.state !== 'found') throw new Error(`${account} is ${observed?.state ?? 'unknown'}`);
  return observed;
}

export async function usage(backend: Backend, accounts: readonly string[] = [ACCOUNT]): Promise<Usage[]> {
  const query = { metering: 'current', window: { from: new Date(0), to: new Date(1) } } as const;
  const all: Usage[] = [];
  for await (const item of backend.usage(accounts, query, signal)) all.push(item);
  return all;
}

/** What the promise was refused with. */
export async function failure(
  work: Promise<unknown>,
): Promise<Error & { code?: string; disposition?: string; hint?: string }> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof Error) return error;
  throw new Error('nothing was refused');
}
