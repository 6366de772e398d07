import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatQuota } from '../../../plugins/ironbucket-local/quota/quota-file.ts';
import { FIXTURE } from '../../../src/sandbox/fixture.ts';
import type { Site } from '../../../src/sandbox/offerings.ts';

/** Resources as thousands of finished orders would have left them, in Waldur and on disk, without placing the orders. */

const GIB = 1024 ** 3;

function resourceUuid(index: number): string {
  return `be0c4000000040008000${index.toString(16).padStart(12, '0')}`;
}

function account(index: number): string {
  return `waldur-acme-genomics-${index.toString(16).padStart(8, '0')}`;
}

/** Waldur's side: `count` resources of the `limit` offering that are OK. */
export function addResources({ store, clock }: Site, count: number): void {
  const offering = store.offerings.get(FIXTURE.limit);
  const project = store.projects.get(FIXTURE.project);
  if (offering === undefined || project === undefined) throw new Error('the fixture has changed');
  const plan = offering.plans[0];
  const now = clock.stamp();
  for (let index = 0; index < count; index++) {
    const uuid = resourceUuid(index);
    store.resources.insert({
      uuid,
      name: `bucket ${index}`,
      slug: `bucket-${index}`,
      description: '',
      created: now,
      modified: now,
      state: 'OK',
      lastSync: now,
      backendId: account(index),
      effectiveId: '',
      offering,
      project,
      plan,
      attributes: { name: `bucket ${index}` },
      options: {},
      limits: { storage: 100, objects: 1_000_000 },
      currentUsages: {},
      backendMetadata: {
        s3_credentials: { access_key: `KEY${index}`, secret_key: `secret-of-key-${index}` },
        s3_bucket: account(index),
      },
      endpoints: [],
      report: null,
      paused: false,
      downscaled: false,
      restrictMemberAccess: false,
      endDate: undefined,
      errorMessage: '',
      errorTraceback: '',
      keyCount: 0,
      eventNumber: 0,
    });
  }
}

/** The storage's side: their buckets, with two objects each, and the files of accounts. */
export async function addBuckets(storage: string, count: number): Promise<void> {
  await mkdir(join(storage, '.agent', 'accounts'), { recursive: true, mode: 0o700 });
  for (let index = 0; index < count; index++) {
    const resource = resourceUuid(index);
    const bucket = join(storage, account(index));
    await mkdir(bucket);
    const quota = { maxBytes: BigInt(100 * GIB), usedBytes: 0n, objects: 0n, updated: new Date() };
    await writeFile(join(bucket, '.quota'), formatQuota(quota));
    await writeFile(join(bucket, '.bucket_metadata'), JSON.stringify({ waldur_resource: resource }));
    for (const name of ['genome.bam', 'readme.txt']) {
      await writeFile(join(bucket, name), '');
      // Sparse, and different in every bucket.
      await truncate(join(bucket, name), (index + 1) * 1_000_000);
    }
    const key = { access_key: `KEY${index}`, secret_key: `secret-of-key-${index}` };
    const record = { version: 1, resource, name: `bucket ${index}`, suspended: false, keys: [key] };
    await writeFile(join(storage, '.agent', 'accounts', `${account(index)}.json`), JSON.stringify(record), {
      mode: 0o600,
    });
  }
}
