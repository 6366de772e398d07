import type { Deps } from '../deps.ts';
import { getObject, headObject } from '../gateway/operations/read-object.ts';
import { type Allowed, createPerform, type Perform } from '../gateway/perform.ts';
import { route } from '../gateway/route.ts';
import type { OpenObject } from '../objects/read.ts';
import type { BucketView } from './shared-bucket.ts';
import { isRead, type Views } from './views.ts';

/**
 * Reads objects of buckets that other threads store without asking them, so that a bucket that is read a lot is read by all
 * of them. Everything else, and what is being changed at that moment, is done by `ask`.
 */
export function readShared(deps: Deps, { get: viewOf }: Pick<Views, 'get'>, ask: Perform): Perform {
  const see = (bucket: string): BucketView => viewOf(bucket) ?? stale();
  const { objects, quotas, statistics } = deps;
  const perform = createPerform(
    {
      ...deps,
      objects: {
        ...objects,
        head: async (bucket, key) => ((await see(bucket).look(key, () => objects.head(bucket, key))) ?? stale()).found,
        open: (bucket, key) => openSeen(see(bucket), key, () => objects.open(bucket, key)),
      },
      quotas: { ...quotas, state: async (bucket) => see(bucket).use() },
      statistics: {
        ...statistics,
        count: (bucket, operation) => {
          if (operation === 'get' || operation === 'head') viewOf(bucket)?.count(operation);
        },
      },
    },
    isStale,
  );
  return async (allowed) => {
    if (!isObjectRead(allowed) || viewOf(allowed.bucket)?.isFresh(deps.clock.now()) !== true) return ask(allowed);
    try {
      return await perform(allowed);
    } catch (error) {
      if (!isStale(error)) throw error;
      return ask(allowed);
    }
  };
}

function isObjectRead({ head, bucket, key }: Allowed): boolean {
  if (!isRead(head.method, key)) return false;
  try {
    const operation = route(head, { bucket, key });
    return operation === getObject || operation === headObject;
  } catch {
    return false;
  }
}

async function openSeen(
  view: BucketView,
  key: string,
  open: () => Promise<OpenObject | undefined>,
): Promise<OpenObject | undefined> {
  let opened: OpenObject | undefined;
  const seen = await view.look(key, async () => {
    opened = await open();
    return opened;
  });
  if (seen !== undefined) return seen.found;
  await opened?.close();
  return stale();
}

/** What was seen need not be true: the thread that stores the bucket is asked. */
class Stale extends Error {}

function stale(): never {
  throw new Stale('the object is being changed');
}

function isStale(thrown: unknown): boolean {
  return thrown instanceof Stale;
}
