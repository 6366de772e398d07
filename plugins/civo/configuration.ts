import { type Json, type JsonObject, sameJson } from '../../src/lib/json.ts';
import type { S3 } from '../../src/s3/index.ts';
import {
  corsToJson,
  lifecycleToJson,
  normalize,
  OWNER_TAG,
  POST_CONFIGURATION_NAMES,
  type PostConfigurationName,
  readCors,
  readLifecycle,
  sorted,
  tagsToTexts,
  textsToTags,
} from './post-configuration.ts';

/** The post-configuration of a bucket as it is, in normal form, and the owner that its tag names. */
export interface Configuration {
  readonly attributes: JsonObject;
  readonly owner: string | undefined;
}

export async function readConfiguration(s3: S3, bucket: string, signal: AbortSignal): Promise<Configuration> {
  const { documents } = s3;
  const versioning = await documents.versioning(bucket, signal);
  const lifecycle = await documents.lifecycle(bucket, signal);
  const cors = await documents.cors(bucket, signal);
  const tags = await documents.tags(bucket, signal);
  return {
    attributes: {
      versioning: versioning === 'Enabled',
      lifecycle: sorted(lifecycle.map(lifecycleToJson)),
      cors: sorted(cors.map(corsToJson)),
      tags: tagsToTexts(tags),
    },
    owner: tags[OWNER_TAG],
  };
}

/**
 * Makes the bucket as `wanted`, and marks whose it is. Each sub-resource is read and written only where it differs; what is
 * not wanted stays as it is. Answers whether anything was written.
 */
export async function configure(
  s3: S3,
  bucket: string,
  { wanted, resource }: { readonly wanted: JsonObject; readonly resource: string },
  signal: AbortSignal,
): Promise<boolean> {
  const { attributes: now, owner } = await readConfiguration(s3, bucket, signal);
  const to = normalize(wanted);
  let changed = false;
  for (const name of POST_CONFIGURATION_NAMES) {
    const value = to[name] ?? now[name] ?? null;
    const isMarked = name !== 'tags' || owner === resource;
    if (sameJson(value, now[name]) && isMarked) continue;
    await write(s3, bucket, name, { value, resource }, signal);
    changed = true;
  }
  return changed;
}

async function write(
  { documents }: S3,
  bucket: string,
  name: PostConfigurationName,
  { value, resource }: { readonly value: Json; readonly resource: string },
  signal: AbortSignal,
): Promise<void> {
  switch (name) {
    case 'versioning':
      return documents.setVersioning(bucket, value === true ? 'Enabled' : 'Suspended', signal);
    case 'lifecycle':
      return documents.setLifecycle(bucket, readLifecycle(value), signal);
    case 'cors':
      return documents.setCors(bucket, readCors(value), signal);
    case 'tags':
      return documents.setTags(bucket, { ...textsToTags(value), [OWNER_TAG]: resource }, signal);
  }
}
