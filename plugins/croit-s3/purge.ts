import type { KeyPair } from '../../src/lib/sigv4.ts';
import type { PluginContext } from '../../src/plugin/contract.ts';
import type { Client } from './client.ts';
import { purgeFailed } from './errors.ts';
import { mintKeyPair } from './keys.ts';
import { createS3, isUrlPath, type S3 } from './s3.ts';
import type { Settings } from './settings.ts';

/** Empties a bucket as its owner and removes it, page by page: what is gone stays gone, so a repetition goes on. */
export async function purgeWithOwnKeys(
  context: PluginContext<Settings>,
  client: Pick<Client, 'keys' | 'putKey'>,
  account: string,
  bucket: string,
  signal: AbortSignal,
): Promise<void> {
  const s3 = createS3(context, await ownKey(context, client, account, signal));
  try {
    await s3.removePolicy(bucket, signal);
    await abortUploads(s3, bucket, signal);
    await removeVersions(s3, bucket, signal);
    await s3.removeBucket(bucket, signal);
  } finally {
    s3.close();
  }
}

/** Any key of the account will do; one that has none left gets one, which goes with the account. */
async function ownKey(
  context: PluginContext<Settings>,
  client: Pick<Client, 'keys' | 'putKey'>,
  account: string,
  signal: AbortSignal,
): Promise<KeyPair> {
  const [key] = await client.keys(account, signal);
  if (key !== undefined && key.secretKey !== '') return key;
  const minted = mintKeyPair((bytes) => context.random(bytes));
  await client.putKey(account, minted, signal);
  return minted;
}

async function abortUploads(s3: S3, bucket: string, signal: AbortSignal): Promise<void> {
  let before: string | undefined;
  for (;;) {
    // Those with a key that no URL can hold go with the bucket.
    const uploads = (await s3.uploads(bucket, signal)).filter(({ key }) => isUrlPath(key));
    const [first] = uploads;
    if (first === undefined) return;
    if (first.uploadId === before) throw purgeFailed(bucket, 'an upload that was aborted is still there');
    before = first.uploadId;
    for (const upload of uploads) await s3.abortUpload(bucket, upload, signal);
  }
}

async function removeVersions(s3: S3, bucket: string, signal: AbortSignal): Promise<void> {
  let before: string | undefined;
  for (;;) {
    const versions = await s3.versions(bucket, signal);
    const [first] = versions;
    if (first === undefined) return;
    const name = `${first.key}\0${first.versionId}`;
    if (name === before) throw purgeFailed(bucket, 'a version that was deleted is still there');
    before = name;
    await s3.removeVersions(bucket, versions, signal);
  }
}
