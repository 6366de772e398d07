import { createHttp } from '../../../src/lib/http.ts';
import type { Log } from '../../../src/lib/log.ts';
import type { Step } from '../../../src/plugin/conformance/world.ts';
import type { Lab } from '../../../src/plugin/conformance.ts';
import type {
  Action,
  Backend,
  Documents,
  Found,
  Observed,
  PluginContext,
  Usage,
} from '../../../src/plugin/contract.ts';
import { createMemoryDocuments } from '../../../src/plugin/memory-documents.ts';
import { type ManualClock, manualClock } from '../../../test/fakes/clock.ts';
import { COMMON } from '../../../test/fakes/common-settings.ts';
import { completeSettings } from '../../../test/fakes/complete-settings.ts';
import { type Emulator, type EmulatorOptions, startEmulator } from '../emulator/emulator.ts';
import type { MemoryPlane } from '../emulator/memory/memory-plane.ts';
import { createBackend, plugin } from '../index.ts';
import type { Settings } from '../settings.ts';

export const TOKEN = 'civo-token-0123456789abcdef';
export const OURS = '0123456789abcdef0123456789abcdef';
export const OTHER = 'fedcba9876543210fedcba9876543210';
export const ACCOUNT = 'waldur-org-one-01234567';
export const { signal } = new AbortController();
export const GB = 1_000_000_000n;

/** Bytes that repeat from run to run, and never within one. */
export function countingRandom(): (bytes: number) => Uint8Array {
  let state = 1;
  return (bytes) =>
    Uint8Array.from({ length: bytes }, () => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return (state >> 16) & 0xff;
    });
}

export interface Civo extends Emulator {
  readonly memory: MemoryPlane;
  readonly clock: ManualClock;
  /** Every log line. */
  readonly lines: string[];
  readonly documents: Documents;
  settings(changes?: Partial<Settings>): Settings;
  context(changes?: Partial<Settings>): PluginContext<Settings>;
  /** The plugin as a new process has it; without documents when they are lost with the old one. */
  open(changes?: Partial<Settings>, documents?: Documents): Backend;
  /** Method and path of what was asked, without the reads of before. */
  calls(): readonly string[];
}

/** Civo of the test's own, with time that passes when the test says so. */
export async function startCivo(options: Partial<Omit<EmulatorOptions, 'plane'>> = {}): Promise<Civo> {
  const clock = manualClock();
  const emulator = await startEmulator({ clock, random: countingRandom(), token: TOKEN, ...options });
  const lines: string[] = [];
  const backends: Backend[] = [];
  const documents = createMemoryDocuments(clock);
  const random = countingRandom();
  const { close } = emulator;
  const civo: Civo = Object.assign(emulator, {
    clock,
    lines,
    documents,
    settings: (changes: Partial<Settings> = {}) => ({
      ...withDefaults({ api_token: TOKEN, api_url: emulator.url, region: 'LON1' }),
      // Nothing waits for a clock that stands still.
      requests_per_second: Number.POSITIVE_INFINITY,
      ...changes,
    }),
    context: (changes: Partial<Settings> = {}) => ({
      settings: civo.settings(changes),
      log: keepingLog(lines),
      http: (its: Parameters<PluginContext<Settings>['http']>[0]) => createHttp(its, { clock }),
      clock,
      common: COMMON,
      store: documents,
      random,
    }),
    open: (changes: Partial<Settings> = {}, store: Documents = documents) => {
      const backend = createBackend({ ...civo.context(changes), store });
      backends.push(backend);
      return backend;
    },
    calls: () => emulator.asked.splice(0).map(({ method, path }) => `${method} ${path.replace(/^\/v2\//, '')}`),
    close: async () => {
      for (const backend of backends) await backend.close();
      await close();
    },
  });
  return civo;
}

/** For the conformance suite. */
export async function createLab(): Promise<Lab> {
  // A unit in which the sizes of the suite are whole.
  const civo = await startCivo({ kbBytes: 1024 });
  return {
    open: () => civo.open({ kb_bytes: 1024 }),
    makeForeign: async (account) => {
      const [region] = civo.account.options.regions;
      if (region === undefined) throw new Error('there is no region');
      const { id } = await civo.account.createStore(region, account, 500, undefined);
      return `${region.code}/${id}`;
    },
    store: async (account, bytes) => {
      const bucket = civo.memory.buckets.get(nameOf(civo, account));
      bucket?.put(`object-${bucket.versions().length}`, Buffer.alloc(bytes), 'text/plain', civo.clock.now());
    },
    hide: async (account) => {
      const id = account.split('/')[1] ?? account;
      civo.faults = ({ path }) =>
        path.includes(id) || !path.includes('stats')
          ? { kind: 'text', status: 502, body: '<h1>Bad Gateway</h1>' }
          : undefined;
    },
    secrets: [TOKEN],
    close: () => civo.close(),
  };
}

function nameOf(civo: Emulator, account: string): string {
  return civo.account.stores.get(account.split('/')[1] ?? '')?.name ?? account;
}

export function withDefaults(settings: Readonly<Record<string, unknown>>): Settings {
  return completeSettings(plugin.settings, settings);
}

export function action(step: Step, account = ACCOUNT, resource = OURS): Action {
  return { account, resource, ...step };
}

type Create = Extract<Action, { kind: 'create-account' }>;

export function create(changes: Partial<Create> = {}): Create {
  const quota = { bytes: 500n * GB };
  return {
    kind: 'create-account',
    account: ACCOUNT,
    resource: OURS,
    displayName: 'Files',
    quota,
    attributes: {},
    ...changes,
  };
}

export async function observe(
  backend: Backend,
  account = ACCOUNT,
  resource: string | undefined = OURS,
): Promise<Observed | undefined> {
  for await (const observed of backend.observe([{ account, ...(resource !== undefined && { resource }) }], signal)) {
    return observed;
  }
  return undefined;
}

export async function observeAll(backend: Backend): Promise<readonly Observed[]> {
  const all: Observed[] = [];
  for await (const observed of backend.observe('all', signal)) all.push(observed);
  return all;
}

export async function found(backend: Backend, account = ACCOUNT, resource = OURS): Promise<Found> {
  const observed = await observe(backend, account, resource);
  if (observed?.state !== 'found') throw new Error(`${account} is ${observed?.state ?? 'not in the answer'}`);
  return observed;
}

export async function usage(backend: Backend, accounts: readonly string[]): Promise<readonly Usage[]> {
  const all: Usage[] = [];
  const query = { metering: 'current', window: { from: new Date(0), to: new Date(1) } } as const;
  for await (const item of backend.usage(accounts, query, signal)) all.push(item);
  return all;
}

export { createHttp };

/** A log that keeps its lines, as JSON. */
export function keepingLog(lines: string[]): Log {
  const keep = (fields: object, message: string): void => {
    lines.push(`${message} ${JSON.stringify(fields, (_, value: unknown) => shown(value))}`);
  };
  const log: Log = { debug: keep, info: keep, warn: keep, error: keep, child: () => log };
  return log;
}

function shown(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  return value instanceof Error ? wordsOf(value) : value;
}

/** Everything an error says, the causes included. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const hint = 'hint' in error ? String(error.hint) : '';
  return [error.message, hint, error.stack, error.cause === undefined ? '' : wordsOf(error.cause)].join('\n');
}

/** What the promise was refused with. */
export async function failure(
  work: Promise<unknown>,
): Promise<Error & { code?: string; disposition?: string; hint?: string; retryAfterMs?: number }> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof Error) return error;
  throw new Error('nothing was refused');
}
