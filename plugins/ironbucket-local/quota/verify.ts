import type { Log } from '../../../src/lib/log.ts';
import type { Cache } from './cache.ts';
import { createWork, type Entry, useOf } from './entry.ts';
import { createRecount } from './recount.ts';
import { isOff, sample } from './sample.ts';
import type { FileDeps } from './save.ts';

/** Finds out in the background whether the numbers of buckets are right, one bucket after the other. */
export interface Verify {
  /** Looks at a few objects, and counts all of them when the numbers are far off. */
  check(entry: Entry): void;
  /** Counts the bucket when its numbers are in doubt, while writing goes on. Resolves when that was tried. */
  recount(entry: Entry): Promise<void>;
  /** Nothing waits any more. */
  idle(): Promise<void>;
}

export interface VerifyDeps extends FileDeps {
  readonly cache: Cache;
  readonly log: Log;
}

/** What cannot be read now is not read again at once. */
const RETRY_MS = 60_000;

export function createVerify(deps: VerifyDeps, signal: AbortSignal): Verify {
  const { cache, layout, clock, log } = deps;
  const queued = new WeakSet<Entry>();
  const notBefore = new WeakMap<Entry, number>();
  let last = Promise.resolve();

  function enqueue(entry: Entry, work: (entry: Entry) => Promise<void>): Promise<void> {
    last = last.then(async () => {
      try {
        if (!entry.gone && !signal.aborted) await work(entry);
      } catch (err) {
        if (entry.gone || signal.aborted) return;
        notBefore.set(entry, clock.monotonicMs() + RETRY_MS);
        log.warn({ err, account: entry.account }, 'the objects of a bucket could not be counted; it is tried again');
      }
    });
    return last;
  }

  async function look(entry: Entry): Promise<void> {
    const before = useOf(entry);
    const changes = entry.work?.changes;
    const seen = await sample(layout.bucket(entry.account), clock, signal);
    if (entry.gone || !cache.has(entry) || entry.work?.doubtful === true) return;
    // What was written meanwhile may be among what was seen, or not.
    if (!isOff(before, seen) || !isOff(useOf(entry), seen)) return;
    // A small bucket that is written to looks wrong without being so; to count it costs less than to find out.
    const isQuiet = entry.work?.changes === changes && !entry.work?.effects.size;
    if (isQuiet || !seen.whole)
      log.warn({ account: entry.account }, 'the quota file of a bucket is far off; its objects are counted');
    entry.work ??= createWork();
    entry.work.doubtful = true;
    cache.moved(entry);
    void recount(entry);
  }

  async function count(entry: Entry): Promise<void> {
    queued.delete(entry);
    const { work } = entry;
    if (work?.doubtful !== true) return;
    const before = useOf(entry);
    const running = createRecount(layout.bucket(entry.account), work.effects, clock);
    work.recount = running;
    try {
      await running.run(signal, ({ bytes, objects }) => {
        entry.usedBytes = bytes;
        entry.objects = objects;
        entry.updatedMs = clock.now().getTime();
        work.changes++;
        work.doubtful = false;
        work.recount = undefined;
      });
    } finally {
      work.recount = undefined;
    }
    log.info({ account: entry.account, was: String(before.usedBytes), is: String(entry.usedBytes) }, 'bucket counted');
  }

  async function recount(entry: Entry): Promise<void> {
    if (queued.has(entry) || entry.work?.recount !== undefined) return;
    if (clock.monotonicMs() < (notBefore.get(entry) ?? 0)) return;
    queued.add(entry);
    await enqueue(entry, count);
  }

  return {
    check: (entry) => void enqueue(entry, look),
    recount,
    idle: async () => {
      for (let before: unknown; before !== last; ) {
        before = last;
        await last;
      }
    },
  };
}
