import { join } from 'node:path';
import type { Clock } from '../../../src/lib/clock.ts';
import { type Disk, replaceFile } from '../disk.ts';
import { badLimit } from '../errors.ts';
import { type Layout, QUOTA_FILE } from '../layout.ts';
import { type Entry, recordOf } from './entry.ts';
import { formatQuota, parseQuota, type QuotaRecord, UNLIMITED } from './quota-file.ts';

export interface FileDeps {
  readonly disk: Disk;
  readonly layout: Layout;
  /** Whether what was written must outlive the machine. */
  readonly fsync: boolean;
  readonly clock: Clock;
}

/**
 * Returns the identity of the file.
 *
 * @throws AgentError terminal `IRONBUCKET_BAD_LIMIT` for a limit that the file cannot hold.
 */
export async function writeQuota(
  disk: Disk,
  path: string,
  record: QuotaRecord,
  sync = true,
): Promise<string | undefined> {
  const { maxBytes } = record;
  if (maxBytes !== null && (maxBytes < 0n || maxBytes >= UNLIMITED)) throw badLimit(maxBytes);
  return await replaceFile(disk, path, formatQuota(record), 0o666, sync);
}

export function quotaPath(layout: Layout, account: string): string {
  return join(layout.bucket(account), QUOTA_FILE);
}

/** There exactly while `.quota` may be behind what was written. */
export function markerPath(layout: Layout, account: string): string {
  return `${quotaPath(layout, account)}.dirty`;
}

/** Takes over what another program wrote: the limit is theirs, what is used is ours. */
export async function refresh({ disk, layout, clock }: FileDeps, entry: Entry): Promise<void> {
  const path = quotaPath(layout, entry.account);
  const identity = await disk.identity(path);
  entry.checkedMs = Math.trunc(clock.monotonicMs());
  if (identity === entry.identity) return;
  const text = await disk.read(path);
  const record = text === undefined ? undefined : parseQuota(text);
  // Damaged or removed: the limit is known here, and the flush of the next change writes it.
  if (record === undefined && entry.work === undefined) return;
  entry.identity = identity;
  if (record === undefined) {
    if (entry.work !== undefined) entry.work.changes++;
    return;
  }
  entry.maxBytes = record.maxBytes;
  entry.others = record.others;
}

/** Writes the entry as it is at this moment, `changes` of it. Whoever calls it is the only writer of the bucket. */
export async function save(deps: FileDeps, entry: Entry): Promise<void> {
  await refresh(deps, entry);
  if (entry.gone) return;
  const changes = entry.work?.changes ?? 0;
  entry.identity = await writeQuota(deps.disk, quotaPath(deps.layout, entry.account), recordOf(entry), deps.fsync);
  // What changed while it was written is not in the file.
  if (entry.work !== undefined) entry.work.written = changes;
}

export async function saveLimit(deps: FileDeps, entry: Entry, maxBytes: bigint | null): Promise<boolean> {
  await refresh(deps, entry);
  if (entry.maxBytes === maxBytes) return false;
  const path = quotaPath(deps.layout, entry.account);
  const updated = deps.clock.now();
  entry.identity = await writeQuota(deps.disk, path, { ...recordOf(entry), maxBytes, updated });
  entry.updatedMs = updated.getTime();
  entry.maxBytes = maxBytes;
  return true;
}

export async function mark({ disk, layout, fsync }: FileDeps, account: string): Promise<void> {
  try {
    await disk.write(markerPath(layout, account), '', 0o666, fsync);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

export async function unmark({ disk, layout }: FileDeps, account: string): Promise<void> {
  await disk.removeFile(markerPath(layout, account));
}
