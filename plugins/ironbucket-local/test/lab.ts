import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from '../../../src/lib/log.ts';
import type { Step } from '../../../src/plugin/conformance/world.ts';
import type { Lab } from '../../../src/plugin/conformance.ts';
import type {
  Action,
  Applied,
  Backend,
  Found,
  Observed,
  PluginContext,
  Quota,
  Usage,
} from '../../../src/plugin/contract.ts';
import { createMemoryDocuments } from '../../../src/plugin/memory-documents.ts';
import { manualClock } from '../../../test/fakes/clock.ts';
import { COMMON } from '../../../test/fakes/common-settings.ts';
import { completeSettings } from '../../../test/fakes/complete-settings.ts';
import type { Disk } from '../disk.ts';
import { createBackend } from '../index.ts';
import { type Settings, settingsSchema } from '../settings.ts';

export const OURS = '0123456789abcdef0123456789abcdef';
export const OTHER = 'fedcba9876543210fedcba9876543210';
export const ACCOUNT = 'waldur-org-one-01234567';
export const signal = new AbortController().signal;
const secretKey = 'administrator-secret';

/** A storage path of its own, and what was logged. */
export interface Storage {
  readonly root: string;
  readonly settings: Settings;
  readonly warnings: string[];
  path(...parts: string[]): string;
  open(disk?: Disk): Backend;
  remove(): Promise<void>;
}

export async function createStorage(changes: Partial<Settings> = {}): Promise<Storage> {
  const root = await mkdtemp(join(tmpdir(), 'ironbucket-'));
  const own = { storage_path: root, gateway: false, access_key: 'administrator', secret_key: secretKey };
  const settings = { ...completeSettings<Settings>(settingsSchema, own), ...changes };
  const warnings: string[] = [];
  let count = 0;
  const context: PluginContext<Settings> = {
    settings,
    log: quietLog(warnings),
    http: () => {
      throw new Error('nothing here speaks HTTP');
    },
    clock: manualClock(),
    common: COMMON,
    store: createMemoryDocuments(manualClock()),
    random: (bytes) => Uint8Array.from({ length: bytes }, () => (count = (count * 31 + 7) % 253)),
  };
  return {
    root,
    settings,
    warnings,
    path: (...parts) => join(root, ...parts),
    open: (disk) => createBackend(context, { disk }),
    // Node cannot remove what is too deep for a path.
    remove: async () => void execFileSync('rm', ['-rf', root]),
  };
}

export async function createLab(): Promise<Lab> {
  const storage = await createStorage();
  let files = 0;
  return {
    open: () => storage.open(),
    makeForeign: async (account) => {
      await mkdir(storage.path(account));
    },
    store: (account, bytes) => writeFile(storage.path(account, `file-${++files}`), Buffer.alloc(bytes)),
    // Permissions do not stop root, so the directory is replaced by something that is none.
    hide: async (account) => {
      await rename(storage.path(account), storage.path(`.hidden-${account}`));
      await writeFile(storage.path(account), '');
    },
    secrets: [secretKey],
    close: () => storage.remove(),
  };
}

export function action(step: Step, account = ACCOUNT, resource = OURS): Action {
  return { account, resource, ...step };
}

export function create(quota: Partial<Quota> = { bytes: 1000n }): Action {
  return action({ kind: 'create-account', displayName: 'Files of One', quota, attributes: {} });
}

export async function observe(backend: Backend, account = ACCOUNT): Promise<Observed | undefined> {
  for await (const observed of backend.observe([{ account }], signal)) return observed;
  return undefined;
}

export async function found(backend: Backend, account = ACCOUNT): Promise<Found> {
  const observed = await observe(backend, account);
  if (observed?.state !== 'found') throw new Error(`${account} is ${observed?.state ?? 'unknown'}`);
  return observed;
}

export function limit(backend: Backend, bytes: bigint | null): Promise<Applied> {
  const from = { bytes: null, objects: null };
  return backend.apply(action({ kind: 'set-quota', from, to: { bytes, objects: null } }), signal);
}

export async function usage(backend: Backend, accounts: readonly string[] = [ACCOUNT]): Promise<Usage[]> {
  const all: Usage[] = [];
  const query = { metering: 'current', window: { from: new Date(0), to: new Date(1) } } as const;
  for await (const item of backend.usage(accounts, query, signal)) all.push(item);
  return all;
}

/** Below `directory`, longer than any path may be: not even root can read that. */
export function makeUnreadable(directory: string): void {
  const dig = 'cd "$0"; n=$(printf %0250d 0); for i in $(seq 17); do mkdir $n; cd $n || exit 0; done 2>/dev/null';
  execFileSync('sh', ['-c', dig, directory]);
}

/** Lets what goes on in the background go on. */
export function tick(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function quietLog(warnings: string[]): Log {
  const log: Log = {
    debug: () => undefined,
    info: () => undefined,
    warn: (fields, message) => {
      warnings.push(`${message}: ${String(fields['err'])}`);
    },
    error: () => undefined,
    child: () => log,
  };
  return log;
}
