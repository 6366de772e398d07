import { join } from 'node:path';
import type { Clock } from '../../../src/lib/clock.ts';
import { forEachLimited } from '../../../src/lib/for-each-limited.ts';
import { createKeyedLock } from '../../../src/lib/keyed-lock.ts';
import type { Log } from '../../../src/lib/log.ts';
import { untilAborted } from '../../../src/lib/until-aborted.ts';
import { type Disk, replaceFile } from '../disk.ts';
import type { Layout } from '../layout.ts';
import { repeat } from '../repeat.ts';
import { createPending, type Pending } from './pending.ts';
import {
  type Counts,
  formatStatistics,
  isMonth,
  monthOf,
  type Operation,
  parseStatistics,
  type StatisticsRecord,
  ZERO,
} from './statistics-file.ts';

/**
 * Operations by bucket and month. They are counted in memory and added to the file of their month, which is the sum of
 * what earlier processes counted; at most once per interval, and only when there is something to add.
 */
export interface Statistics {
  /** Now, in the month of this moment. */
  count(account: string, operation: Operation): void;
  /**
   * The file and what is not in it yet; zeros when there is neither. `month` is YYYY-MM, without one it is the current.
   *
   * @throws RangeError for any other month: it becomes part of a path.
   */
  read(account: string, month: string | undefined, signal: AbortSignal): Promise<Counts>;
  /** Before the directory of a bucket is moved, removed or made; resolves when nothing of it is being written. */
  forget(account: string): Promise<void>;
  /** Writes behind until the signal fires, and then what is left. */
  serve(signal: AbortSignal): Promise<void>;
}

export interface StatisticsDeps {
  readonly disk: Disk;
  readonly layout: Layout;
  readonly clock: Clock;
  readonly log: Log;
  readonly fsync: boolean;
  readonly enabled: boolean;
  readonly flushIntervalMs: number;
  /** What other threads have counted since it was asked last. Default: nothing */
  readonly collect?: (() => Iterable<Counted>) | undefined;
}

export interface Counted {
  readonly account: string;
  readonly operation: Operation;
  readonly times: number;
}

/** Files written at once. */
const AT_ONCE = 16;

export function openStatistics(deps: StatisticsDeps): Statistics {
  const { disk, layout, clock, log } = deps;
  const pending = createPending();
  const lock = createKeyedLock();
  const failing = new Set<string>();
  let serving = false;

  const directoryOf = (account: string): string => join(layout.bucket(account), '.stats');

  async function load(account: string, month: string): Promise<StatisticsRecord | undefined> {
    const path = join(directoryOf(account), `${month}.json`);
    const text = await disk.read(path);
    if (text === undefined) return undefined;
    const record = parseStatistics(text);
    if (record !== undefined) return record;
    log.warn({ account, month }, 'the statistics of a month are damaged; they are set aside and counted from zero');
    // A command that only reads leaves it where it is.
    if (serving) await disk.rename(path, `${path}.corrupt`);
    return undefined;
  }

  async function write({ account, month }: Pending, counts: Counts): Promise<void> {
    const record = await load(account, month);
    const sum = add(record?.counts ?? ZERO, counts);
    // Fails when the bucket is gone: directories above it are never made.
    await disk.makeDirectory(directoryOf(account), 0o777);
    const text = formatStatistics({ ...record, counts: sum, updated: clock.now() });
    await replaceFile(disk, join(directoryOf(account), `${month}.json`), text, 0o666, deps.fsync);
  }

  async function flushOne(item: Pending): Promise<void> {
    const { account, month } = item;
    try {
      await lock.hold(account, async () => {
        // Forgotten since the pass began.
        if (!pending.has(item)) return;
        const counts = pending.counts(account, month);
        await write(item, counts);
        pending.written(item, counts);
      });
      failing.delete(account);
    } catch (err) {
      const kind = await disk.kind(layout.bucket(account)).catch(() => 'other' as const);
      if (kind === undefined) return pending.forget(account);
      if (!failing.has(account))
        log.warn({ err, account, month }, 'statistics could not be written; it is tried again');
      failing.add(account);
    }
  }

  function collect(): void {
    const month = monthOf(clock.now());
    for (const { account, operation, times } of deps.collect?.() ?? []) {
      if (deps.enabled) pending.add(account, month, operation, times);
    }
  }

  async function flush(): Promise<void> {
    collect();
    await forEachLimited(pending.all(), AT_ONCE, new AbortController().signal, flushOne);
  }

  return {
    count: (account, operation) => {
      if (deps.enabled) pending.add(account, monthOf(clock.now()), operation);
    },
    read: async (account, month = monthOf(clock.now()), signal) => {
      if (!isMonth(month)) throw new RangeError(`${JSON.stringify(month.slice(0, 20))} is not a month`);
      collect();
      // Not while it moves from memory into the file.
      const read = lock.hold(account, async () =>
        add((await load(account, month))?.counts ?? ZERO, pending.counts(account, month)),
      );
      return await untilAborted(read, signal);
    },
    forget: async (account) => {
      pending.forget(account);
      failing.delete(account);
      await lock.hold(account, async () => undefined);
    },
    serve: async (signal) => {
      serving = true;
      await repeat(clock, deps.flushIntervalMs, signal, flush);
      await flush();
      serving = false;
    },
  };
}

function add(left: Counts, right: Counts): Counts {
  return {
    get: left.get + right.get,
    put: left.put + right.put,
    delete: left.delete + right.delete,
    list: left.list + right.list,
    head: left.head + right.head,
    multipart: left.multipart + right.multipart,
  };
}
