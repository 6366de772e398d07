import { setBounded } from '../../../src/lib/set-bounded.ts';
import type { Allowed } from '../gateway/perform.ts';
import { type BucketView, viewBucket } from './shared-bucket.ts';

/** What a thread sees of buckets that others store. */
export interface Views {
  get(bucket: string): BucketView | undefined;
  /** Whether a request that another thread performs is one that this one could perform itself, if it saw the bucket. */
  wants(allowed: Pick<Allowed, 'head' | 'bucket' | 'key'>): boolean;
  add(bucket: string, memory: SharedArrayBuffer): void;
}

/** A kilobyte each, and some more for what keeps it. */
const MOST = 2000;

export function createViews(most = MOST): Views {
  const views = new Map<string, BucketView>();
  return {
    get: (bucket) => views.get(bucket),
    wants: ({ head, bucket, key }) => isRead(head.method, key) && views.get(bucket)?.isOver() !== false,
    add: (bucket, memory) => {
      setBounded(views, bucket, viewBucket(memory), most);
    },
  };
}

/** Of an object, or of something about it. */
export function isRead(method: string, key: string): boolean {
  return key !== '' && (method === 'GET' || method === 'HEAD');
}
