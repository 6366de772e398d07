import { join } from 'node:path';
import { toAgentError } from '../../../src/lib/errors.ts';
import { isJsonObject, type Json } from '../../../src/lib/json.ts';
import { plural } from '../../../src/lib/plural.ts';
import type { Documents, Usage } from '../../../src/plugin/contract.ts';
import { parseAccountId } from '../accounts/account-id.ts';
import type { Deps } from '../deps.ts';
import { nameOfId } from '../host/name-of-id.ts';
import type { RegistryRecord } from '../registry/record.ts';
import { createTally, type Shares } from './shares.ts';
import type { Walk } from './walk.ts';

const PREFIX = 'by-user/';
/** One scan a day; what it found is of no use much later. */
const KEPT_MS = 3 * 86_400_000;
/** The users with the most bytes; a document holds no more than a mebibyte. */
const MOST_USERS = 5000;

type ScanDeps = Pick<Deps, 'settings' | 'store' | 'clock' | 'log' | 'registry' | 'names' | 'devices'>;

/**
 * Finds out who has how much of each group or directory. No kernel counts that: every file is looked at, which takes
 * minutes, so it is a job of the night, and reports use what it found last. Returns a line for the log.
 */
export async function scanByUser(deps: ScanDeps, walk: Walk, signal: AbortSignal): Promise<string | undefined> {
  const { settings, registry, log } = deps;
  const records = (await registry.all()).filter((record) => isHere(record, deps) && record.id !== undefined);
  if (records.length === 0) return undefined;
  let done = 0;
  try {
    if (settings.subject === 'group') done = await scanGroups(deps, records, walk, signal);
    else {
      for (const record of records) {
        const shares = await scanDirectory(join(settings.base_dir ?? '', record.name), walk, signal);
        await keep(deps, record, shares, signal);
        done++;
      }
    }
  } catch (err) {
    signal.throwIfAborted();
    log.warn({ err: toAgentError(err) }, 'usage by user could not be found out');
  }
  return `usage by user of ${plural(done, 'account')}`;
}

/** `users` of a report: by name, from the last scan; undefined without one. */
export async function usageByUser(store: Documents, account: string): Promise<Pick<Usage, 'users'>> {
  const found = await store.get(PREFIX + account);
  const users = isJsonObject(found) ? Object.entries(found).flatMap(([name, share]) => readShare(name, share)) : [];
  return users.length === 0 ? {} : { users: Object.fromEntries(users) };
}

async function scanDirectory(path: string, walk: Walk, signal: AbortSignal): Promise<Shares> {
  const tally = createTally(new Set([0]));
  for await (const owned of walk(path, signal)) for (const one of owned) tally.add(0, one);
  return tally.of(0);
}

/** One walk over the device for all groups. */
async function scanGroups(
  deps: ScanDeps,
  records: readonly RegistryRecord[],
  walk: Walk,
  signal: AbortSignal,
): Promise<number> {
  const { mountPoints } = await deps.devices.find(deps.settings.device, signal);
  const tally = createTally(new Set(records.flatMap(({ id }) => id ?? [])));
  for await (const owned of walk(mountPoints[0] ?? '/', signal)) for (const one of owned) tally.add(one.gid, one);
  for (const record of records) await keep(deps, record, tally.of(record.id ?? -1), signal);
  return records.length;
}

async function keep(
  { store, clock, names }: ScanDeps,
  { account = '' }: RegistryRecord,
  shares: Shares,
  signal: AbortSignal,
): Promise<void> {
  const most = [...shares].sort(([, a], [, b]) => (a.bytes < b.bytes ? 1 : -1)).slice(0, MOST_USERS);
  const named = await names.userNames(
    most.map(([uid]) => uid),
    signal,
  );
  const entries = most.map(([uid, { bytes, files }]) => [nameOfId(named, uid), [String(bytes), String(files)]]);
  const expiresAt = new Date(clock.now().getTime() + KEPT_MS);
  await store.put(PREFIX + account, Object.fromEntries(entries) as Json, { expiresAt });
}

function readShare(name: string, share: Json | undefined): readonly (readonly [string, Record<string, bigint>])[] {
  if (!Array.isArray(share) || !share.every((text) => typeof text === 'string' && /^\d{1,24}$/.test(text))) return [];
  const [bytes = '0', files = '0'] = share as readonly string[];
  return [[name, { storage: BigInt(bytes), objects: BigInt(files) }]];
}

function isHere({ account = '', subject }: RegistryRecord, { settings }: ScanDeps): boolean {
  return subject === settings.subject && parseAccountId(account)?.device === settings.device;
}
