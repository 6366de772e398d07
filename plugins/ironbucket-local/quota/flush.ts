import { forEachLimited } from '../../../src/lib/for-each-limited.ts';
import type { KeyedLock } from '../../../src/lib/keyed-lock.ts';
import type { Log } from '../../../src/lib/log.ts';
import type { Cache } from './cache.ts';
import type { Entry, Work } from './entry.ts';
import { type FileDeps, refresh, save, unmark } from './save.ts';

/** Buckets written at once. */
const AT_ONCE = 16;

export interface FlushDeps extends FileDeps {
  readonly cache: Cache;
  readonly lock: KeyedLock;
  readonly log: Log;
  /** The directory was removed by another program. */
  vanished(entry: Entry): void;
}

/** Writes what changed since the last call, once for each bucket; buckets that did not change since then become idle. */
export async function flush(deps: FlushDeps): Promise<void> {
  // What fails is logged and tried again: nothing may keep the other buckets from being written.
  const never = new AbortController().signal;
  await forEachLimited([...deps.cache.active()], AT_ONCE, never, (entry) => flushEntry(deps, entry));
}

async function flushEntry(deps: FlushDeps, entry: Entry): Promise<void> {
  const { work } = entry;
  if (work === undefined) return;
  try {
    await deps.lock.hold(entry.account, async () => {
      if (entry.gone) return;
      if (work.changes === work.written) await rest(deps, entry, work);
      else await save(deps, entry);
    });
    work.failing = false;
  } catch (err) {
    await failed(deps, entry, work, err);
  }
}

/** Nothing happened for an interval: the file is right, and the marker says so by not being there. */
async function rest(deps: FlushDeps, entry: Entry, work: Work): Promise<void> {
  await refresh(deps, entry);
  if (isBusy(work)) return;
  if (work.marked) {
    // Whoever comes from now on waits until it is gone, and puts it there again.
    work.marked = false;
    try {
      await unmark(deps, entry.account);
    } catch (error) {
      work.marked = true;
      throw error;
    }
  }
  if (isBusy(work) || entry.gone) return;
  entry.work = undefined;
  deps.cache.moved(entry);
}

function isBusy({ open, changes, written, doubtful, recount, preparing }: Work): boolean {
  return open > 0 || changes !== written || doubtful || recount !== undefined || preparing !== undefined;
}

async function failed(
  { disk, layout, log, vanished }: FlushDeps,
  entry: Entry,
  work: Work,
  err: unknown,
): Promise<void> {
  const { account } = entry;
  const kind = await disk.kind(layout.bucket(account)).catch(() => 'other' as const);
  if (entry.gone) return;
  if (kind === undefined) {
    log.warn({ account }, 'the directory of a bucket is gone, and what was counted in it with it');
    vanished(entry);
    return;
  }
  if (!work.failing) log.warn({ err, account }, 'the use of a bucket could not be written; it is tried again');
  work.failing = true;
}
