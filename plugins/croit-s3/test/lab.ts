import { createHttp } from '../../../src/lib/http.ts';
import type { Log } from '../../../src/lib/log.ts';
import type { Step } from '../../../src/plugin/conformance/world.ts';
import type { Lab } from '../../../src/plugin/conformance.ts';
import type { Action, Backend, Found, Observed, Quota, Usage, UsageQuery } from '../../../src/plugin/contract.ts';
import { createMemoryDocuments } from '../../../src/plugin/memory-documents.ts';
import { type ManualClock, manualClock } from '../../../test/fakes/clock.ts';
import { COMMON } from '../../../test/fakes/common-settings.ts';
import { completeSettings } from '../../../test/fakes/complete-settings.ts';
import { type Facade, startFacade } from '../../../test/labs/croit-facade.ts';
import { createBackend, plugin } from '../index.ts';
import type { Settings } from '../settings.ts';
import type { FakeUser } from './fake-model.ts';
import { ADMIN, createFakeRgw, type FakeRgw } from './fake-rgw.ts';

export const OURS = '0123456789abcdef0123456789abcdef';
export const OTHER = 'fedcba9876543210fedcba9876543210';
export const ACCOUNT = 'waldur_org_one_01234567';
export const STAMP = `waldur-${OURS}-${ACCOUNT}@invalid`;
export const TOKEN = 'croit-token-0123456789';
export const signal = new AbortController().signal;
export const MIB = 1_048_576n;

/** A cluster of the test's own: a gateway, croit in front of it, and what the plugin logged. */
export interface Cluster {
  readonly rgw: FakeRgw;
  readonly facade: Facade;
  readonly endpoint: string;
  readonly clock: ManualClock;
  /** Every log line, as JSON. */
  readonly lines: string[];
  settings(flavour: Settings['flavour'], changes?: Partial<Settings>): Settings;
  open(flavour: Settings['flavour'], changes?: Partial<Settings>): Backend;
  user(account?: string): FakeUser;
  close(): Promise<void>;
}

export async function startCluster(): Promise<Cluster> {
  const rgw = createFakeRgw();
  const endpoint = await rgw.listen();
  const facade = await startFacade({ admin: rgw.admin, token: TOKEN, username: 'waldur', password: 'croit-password' });
  const lines: string[] = [];
  const clock = manualClock();
  const backends: Backend[] = [];
  let count = 0;
  const cluster: Cluster = {
    rgw,
    facade,
    endpoint,
    clock,
    lines,
    settings: (flavour, changes = {}) => {
      const radosgw = { admin_access_key: ADMIN.accessKey, admin_secret_key: ADMIN.secretKey };
      const own = flavour === 'croit' ? { api_url: `${facade.url}/`, token: TOKEN } : radosgw;
      return withDefaults({ flavour, s3_endpoint: endpoint, ...own, ...changes });
    },
    open: (flavour, changes) => {
      const backend = createBackend({
        settings: cluster.settings(flavour, changes),
        log: keepingLog(lines),
        http: (options) => createHttp(options, { clock }),
        clock,
        common: COMMON,
        store: createMemoryDocuments(clock),
        random: (bytes) => Uint8Array.from({ length: bytes }, () => (count = (count * 31 + 7) % 253)),
      });
      backends.push(backend);
      return backend;
    },
    user: (account = ACCOUNT) => {
      const user = rgw.users.get(account);
      if (user === undefined) throw new Error(`${account} is not there`);
      return user;
    },
    close: async () => {
      for (const backend of backends) await backend.close();
      await facade.close();
      await rgw.close();
    },
  };
  return cluster;
}

/** For the conformance suite. */
export async function createLab(flavour: Settings['flavour']): Promise<Lab> {
  const cluster = await startCluster();
  const { rgw, facade } = cluster;
  return {
    open: () => cluster.open(flavour),
    makeForeign: async (account) => {
      await rgw.admin('PUT', 'user', { uid: account, 'display-name': 'Jane Doe', 'generate-key': 'False' });
    },
    store: async (account, bytes) => rgw.store(account, bytes),
    hide: async (account) => {
      facade.fault = ({ path, query }) =>
        path.includes(account) || query['uid[]'] === account
          ? { status: 502, body: '<h1>Bad Gateway</h1>' }
          : undefined;
      rgw.intercept = (request, response) => {
        const isIt = new URL(request.url ?? '', 'http://rgw').searchParams.get('uid') === account;
        if (isIt) response.writeHead(503).end('<h1>Service Unavailable</h1>');
        return isIt;
      };
    },
    secrets: [TOKEN, ADMIN.secretKey],
    close: () => cluster.close(),
  };
}

export function withDefaults(settings: Readonly<Record<string, unknown>>): Settings {
  return completeSettings(plugin.settings, settings);
}

export function action(step: Step, account = ACCOUNT, resource = OURS): Action {
  return { account, resource, ...step };
}

export function create(quota: Partial<Quota> = { bytes: 10n * MIB, objects: 100n }, account = ACCOUNT): Action {
  return action({ kind: 'create-account', displayName: 'Files of One', quota, attributes: {} }, account);
}

export async function observe(backend: Backend, accounts: readonly string[] | 'all' = [ACCOUNT]): Promise<Observed[]> {
  const all: Observed[] = [];
  for await (const observed of backend.observe(
    accounts === 'all' ? 'all' : accounts.map((account) => ({ account })),
    signal,
  ))
    all.push(observed);
  return all;
}

export async function found(backend: Backend, account = ACCOUNT): Promise<Found> {
  const [observed] = await observe(backend, [account]);
  if (observed?.state !== 'found') throw new Error(`${account} is ${observed?.state ?? 'unknown'}`);
  return observed;
}

export const CURRENT: UsageQuery = { metering: 'current', window: { from: new Date(0), to: new Date(1) } };

export async function usage(
  backend: Backend,
  accounts: readonly string[] = [ACCOUNT],
  query = CURRENT,
): Promise<Usage[]> {
  const all: Usage[] = [];
  for await (const item of backend.usage(accounts, query, signal)) all.push(item);
  return all;
}

/** A user that was made outside the agent. */
export async function addForeign(cluster: Cluster, email = 'someone@example.org', uid = ACCOUNT): Promise<void> {
  const query = { uid, 'display-name': 'Jane Doe', email, 'access-key': 'FOREIGN', 'secret-key': 'foreign-secret' };
  await cluster.rgw.admin('PUT', 'user', query);
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

/** Everything an error says, the causes included. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const hint = 'hint' in error ? String(error.hint) : '';
  return [error.message, hint, error.stack, error.cause === undefined ? '' : wordsOf(error.cause)].join('\n');
}

function keepingLog(lines: string[]): Log {
  const keep = (fields: object, message: string): void => {
    const shown = Object.entries(fields).map(([key, value]) => [key, value instanceof Error ? wordsOf(value) : value]);
    lines.push(`${message} ${JSON.stringify(shown)}`);
  };
  const log: Log = { debug: keep, info: keep, warn: keep, error: keep, child: () => log };
  return log;
}
