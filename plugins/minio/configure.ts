import type { Action, Applied, AttributeChange } from '../../src/plugin/contract.ts';
import { tagsOf } from './attributes.ts';
import type { Deps } from './deps.ts';
import { unchangeable } from './errors.ts';
import { LIFECYCLE_RULE, lookAtBucket } from './look.ts';
import { requireOurs } from './ours.ts';
import { bucketsIn } from './policy.ts';
import type { BucketState } from './sighting.ts';
import { hasLifecycle, ownTags, sameTags, tagsFor } from './tags.ts';

type Configure = Extract<Action, { kind: 'configure' }>;

/** Changes attributes of all buckets of the account. */
export async function configure(deps: Deps, action: Configure, signal: AbortSignal): Promise<Applied> {
  const unknown = action.changes.find(({ path }) => !Object.hasOwn(CHANGES, path));
  if (unknown !== undefined) throw unchangeable(unknown.path);
  const { policy } = await requireOurs(deps, action, signal);
  let changed = false;
  for (const name of bucketsIn(policy)) {
    const bucket = await lookAtBucket(deps, name, signal);
    if (bucket === undefined) continue;
    for (const change of action.changes) {
      const apply = CHANGES[change.path];
      if (await apply?.(deps, { bucket, resource: action.resource, to: change.to }, signal)) changed = true;
    }
  }
  return { changed };
}

interface Change {
  readonly bucket: BucketState;
  readonly resource: string;
  readonly to: AttributeChange['to'];
}

/** What can be changed, and how. Each returns whether it was otherwise before. */
const CHANGES: Readonly<Record<string, (deps: Deps, change: Change, signal: AbortSignal) => Promise<boolean>>> = {
  versioning: async ({ client }, { bucket, to }, signal) => {
    if (bucket.versioned === (to === true)) return false;
    if (bucket.locking) throw unchangeable('versioning of a bucket whose versions can be locked');
    await client.s3.documents.setVersioning(bucket.name, to === true ? 'Enabled' : 'Suspended', signal);
    return true;
  },
  tags: async (deps, { bucket, resource, to }, signal) => {
    const full = tagsFor(resource, tagsOf(to) ?? {}, hasLifecycle(bucket.tags));
    if (sameTags(bucket.tags, full)) return false;
    await deps.client.s3.documents.setTags(bucket.name, full, signal);
    return true;
  },
  lifecycle_days: async (deps, { bucket, resource, to }, signal) => {
    const days = typeof to === 'number' ? to : null;
    if (bucket.lifecycleDays === days) return false;
    // The tag goes first and last: while it is there, the rule is looked at.
    const { tags } = deps.client.s3.documents;
    const own = ownTags(await tags(bucket.name, signal));
    if (days !== null) await deps.client.s3.documents.setTags(bucket.name, tagsFor(resource, own, true), signal);
    await writeLifecycle(deps, bucket.name, days, signal);
    if (days === null) await deps.client.s3.documents.setTags(bucket.name, tagsFor(resource, own, false), signal);
    return true;
  },
};

/** Null removes the rule. Rules of other names stay. */
export async function writeLifecycle({ client }: Deps, bucket: string, days: number | null, signal: AbortSignal) {
  const { documents } = client.s3;
  const others = (await documents.lifecycle(bucket, signal)).filter(({ id }) => id !== LIFECYCLE_RULE);
  const rule = { id: LIFECYCLE_RULE, prefix: '', enabled: true };
  await documents.setLifecycle(bucket, days === null ? others : [...others, { ...rule, expireDays: days }], signal);
}
