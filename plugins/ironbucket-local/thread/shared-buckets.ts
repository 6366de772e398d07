import { setBounded } from '../../../src/lib/set-bounded.ts';
import type { Use } from '../quota/entry.ts';
import type { Counted } from '../statistics/statistics.ts';
import { createSharedBucket, type SharedBucket } from './shared-bucket.ts';

/** Those buckets of a thread that others read objects of. */
export interface SharedBuckets {
  has(bucket: string): boolean;
  share(bucket: string): SharedArrayBuffer;
  changing(bucket: string, key: string): () => void;
  publish(bucket: string, use: Use | undefined, now: Date): void;
  /** What others have read since the last call. */
  collect(): readonly Counted[];
  /** The bucket is about to be removed. */
  end(bucket: string): void;
}

/** A kilobyte each, and some more for what keeps it. */
const MOST = 2000;

export function createSharedBuckets(most = MOST): SharedBuckets {
  const shared = new Map<string, SharedBucket>();
  /** Over for others, who may be counting in them a last time. */
  let over: (readonly [string, SharedBucket])[] = [];

  return {
    has: (bucket) => shared.has(bucket),
    share: (bucket) => {
      const found = shared.get(bucket) ?? createSharedBucket();
      const oldest = setBounded(shared, bucket, found, most);
      if (oldest !== undefined) {
        oldest[1].end();
        over.push(oldest);
      }
      return found.memory;
    },
    changing: (bucket, key) => shared.get(bucket)?.change(key) ?? nothing,
    publish: (bucket, use, now) => shared.get(bucket)?.publish(use, now),
    collect: () => {
      const all = [...over, ...shared];
      over = [];
      return all.flatMap(([account, bucket]) => {
        const { get, head } = bucket.collect();
        return [
          { account, operation: 'get', times: get } as const,
          { account, operation: 'head', times: head } as const,
        ].filter(({ times }) => times > 0);
      });
    },
    end: (bucket) => {
      shared.get(bucket)?.end();
      shared.delete(bucket);
    },
  };
}

function nothing(): void {}
